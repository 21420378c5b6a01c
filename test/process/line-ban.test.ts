import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BuiltAgent } from '../support/built-agent.ts';
import { builtRelay } from '../support/built-relay.ts';
import { eventually } from '../support/eventually.ts';

const PEOPLE = ['+14155550101', '+14155550102', '+14155550103'];

test('an operator bans a line: what waits on its Mac fails, nothing leaves; then it recovers by quarters', {
  timeout: 180_000,
}, async () => {
  const relay = await builtRelay();
  const { homes, bridge, lineId, cli, ask, ownRows } = relay;
  writeFileSync(path.join(homes.home, 'pacing.json'), JSON.stringify({ gapMs: 60_000, jitterMs: 0 }));
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => void (await agent.kill()));
  for (const to of PEOPLE) await ask('POST', '/v1/messages', { to, text: `to ${to}` });
  const messages = async () =>
    (
      await ask<{ data: Array<{ status: string; error: { code: string } | null }> }>(
        'GET',
        '/v1/messages?direction=outbound',
      )
    ).json.data;
  await eventually(
    async () => (await messages()).some(({ status }) => status === 'read' || status === 'delivered'),
    {
      within: 60_000,
      what: 'the first message',
    },
  );
  const before = ownRows().length;
  const pace = async () => JSON.parse((await cli('pace', '--json')).stdout);
  const well = await pace();

  expect(await bridge.run('line', 'ban', '--id', lineId, '--reason', 'no blue bubbles')).toMatchObject({
    code: 0,
  });
  await eventually(
    async () => (await messages()).filter(({ error }) => error?.code === 'line_banned').length === 2,
    { within: 60_000, what: 'the end of what waited' },
  );
  expect((await ask('POST', '/v1/messages', { to: PEOPLE[0], text: 'no' })).status).toBe(503);
  expect((await ask<{ status: string }>('GET', `/v1/lines/${lineId}`)).json.status).toBe('banned');
  expect(await pace()).toMatchObject({ course: 'banned' });

  // A ban outlives the agent.
  await agent.kill();
  const again = new BuiltAgent(homes);
  onTestFinished(async () => void (await again.kill()));
  await eventually(async () => (await cli('status')).code === 0, { within: 60_000, what: 'the link' });
  expect(await pace()).toMatchObject({ course: 'banned' });
  expect(ownRows()).toHaveLength(before);

  expect(await bridge.run('line', 'unban', '--id', lineId)).toMatchObject({ code: 0 });
  await eventually(async () => (await pace()).course === 'recovering', {
    within: 60_000,
    what: 'the beginning of the recovery',
  });
  const { warmup } = await pace();
  expect(warmup.dailyCap).toBe(Math.floor(well.warmup.dailyCap / 4));
  expect((await ask('POST', '/v1/messages', { to: PEOPLE[0], text: 'yes' })).status).toBe(202);
  expect((await bridge.run('line', 'ban', '--id', 'ln_none')).code).toBe(1);
});
