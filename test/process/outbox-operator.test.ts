import { expect, onTestFinished, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { BuiltAgent } from '../support/built-agent.ts';
import { type BuiltRelay, builtRelay } from '../support/built-relay.ts';
import { eventually } from '../support/eventually.ts';

const PEOPLE = ['+14155550101', '+14155550102', '+14155550104'] as const;

interface Shown {
  status: string;
  error: { code: string } | null;
  uncertain: { since: string; reason: string } | null;
}

const listed = async ({ cli }: BuiltRelay, state: string): Promise<Array<{ id: string; to: string }>> =>
  JSON.parse((await cli('outbox', 'list', '--state', state, '--json')).stdout);

test('what nobody can tell of is shown with its evidence, and ended by whoever looked into Messages, once', {
  timeout: 240_000,
}, async () => {
  const relay = await builtRelay();
  const { cli, ask, homes } = relay;
  const agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => void (await agent.kill()));
  // The Apple event gets no answer in time, and Messages does nothing.
  await askVirtualMac(homes.mac, {
    call: 'fault',
    fault: { kind: 'error', at: 'send', number: -1712, times: 3, skip: 0 },
  });
  const ids: string[] = [];
  for (const to of PEOPLE) {
    const sent = await ask<{ id: string }>('POST', '/v1/messages', { to, text: `to ${to}` });
    ids.push(sent.json.id);
  }
  const open = await eventually(
    async () => {
      const found = await listed(relay, 'uncertain');
      return found.length === PEOPLE.length && found;
    },
    { within: 90_000, what: 'uncertain commands' },
  );
  const commandTo = (to: string): string => open.find((command) => command.to === to)?.id ?? '';
  const message = async (index: number): Promise<Shown> =>
    (await ask<Shown>('GET', `/v1/messages/${ids[index]}`)).json;
  await eventually(async () => (await message(2)).uncertain !== null, { within: 20_000 });
  expect(await message(0)).toMatchObject({
    status: 'queued',
    uncertain: { reason: expect.stringMatching(/acted at \S+, after row \d+; 0 own rows there since/) },
  });

  const [first, second, third] = PEOPLE;
  const shown = await cli('outbox', 'show', '--id', commandTo(first));
  expect(shown.stdout).toMatch(/, uncertain since [\s\S]*acted {5}\S+, after row \d+; 1 attempts/);
  expect(shown.stdout).toMatch(/error {5}uncertain: [\s\S]*rows {6}none to \+14155550101 since/);
  expect(shown.stdout).toContain(`bluerelay outbox resolve --id ${commandTo(first)} --as sent`);
  const view = JSON.parse((await cli('outbox', 'show', '--id', commandTo(first), '--json')).stdout);
  expect(view).toMatchObject({ state: 'uncertain', evidence: { rows: [], rowsAfter: expect.any(Number) } });

  const wrong = await cli('outbox', 'resolve', '--id', commandTo(first), '--as', 'maybe');
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain('--as takes sent or not-sent');
  const sent = await cli('outbox', 'resolve', '--id', commandTo(first), '--as', 'sent');
  expect([sent.code, sent.stderr]).toEqual([0, expect.stringContaining('is done')]);
  const not = await cli('outbox', 'resolve', '--id', commandTo(second), '--as', 'not-sent', '--json');
  expect(JSON.parse(not.stdout)).toMatchObject({ state: 'failed', error: { code: 'not_sent' } });
  const again = await cli('outbox', 'resolve', '--id', commandTo(second), '--as', 'sent', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: 'not_uncertain' } });
  expect(again.stderr).toContain('bluerelay outbox list');

  const failed = await eventually(
    async () => {
      const told = await message(1);
      return told.status === 'failed' && told;
    },
    { within: 20_000 },
  );
  expect(failed).toMatchObject({ error: { code: 'not_sent' }, uncertain: null });
  await eventually(async () => (await message(0)).uncertain === null, { within: 20_000 });

  // What nobody ended stays as it is, and nothing was sent again.
  expect((await listed(relay, 'uncertain')).map(({ to }) => to)).toEqual([third]);
  expect(relay.ownRows()).toEqual([]);
});
