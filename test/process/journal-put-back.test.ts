import { cpSync, lstatSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BuiltAgent } from '../support/built-agent.ts';
import { type BuiltRelay, builtRelay } from '../support/built-relay.ts';
import { eventually } from '../support/eventually.ts';

const PEOPLE = ['+14155550101', '+14155550102', '+14155550103', '+14155550104'];
const textTo = (handle: string): string => `to ${handle}`;

const statusOf = async ({ cli }: BuiltRelay) => JSON.parse((await cli('status', '--json')).stdout);

/** A journal in which messages wait to be sent, and a copy of the agent's folder from then. */
async function copiedWhileMessagesWait(relay: BuiltRelay): Promise<string> {
  const { homes, core, agentId } = relay;
  // Slow enough for the agent to be killed before it has sent more than the first.
  writeFileSync(path.join(homes.home, 'pacing.json'), JSON.stringify({ gapMs: 30_000, jitterMs: 0 }));
  for (const to of PEOPLE)
    expect((await relay.ask('POST', '/v1/messages', { to, text: textTo(to) })).status).toBe(202);
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => void (await agent.kill()));
  await eventually(async () => (await core.findAgent(agentId))?.commandAck === PEOPLE.length, {
    what: 'commands on the Mac',
  });
  await agent.kill();
  const copy = `${homes.home}-copy`;
  cpSync(homes.home, copy, { recursive: true, filter: (file) => !lstatSync(file).isSocket() });
  return copy;
}

const copiesOf = ({ ownRows }: BuiltRelay, to: string): number =>
  ownRows().filter(({ text }) => text === textTo(to)).length;

test('a journal that is put back to an older copy sends nothing twice', { timeout: 240_000 }, async () => {
  const relay = await builtRelay();
  const { homes, core, agentId } = relay;
  const copy = await copiedWhileMessagesWait(relay);

  const agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => void (await agent.kill()));
  const sent = async () => {
    const { json } = await relay.ask<{ data: Array<{ status: string; uncertain: unknown }> }>(
      'GET',
      '/v1/messages?direction=outbound',
    );
    return json.data.filter(({ status }) => status !== 'queued' && status !== 'failed').length;
  };
  await eventually(async () => (await sent()) === PEOPLE.length, { within: 60_000, what: 'all sent' });
  await eventually(async () => (await statusOf(relay)).journal.unacknowledgedEvents === 0);
  await agent.kill();
  const before = await core.findAgent(agentId);

  rmSync(homes.home, { recursive: true });
  cpSync(copy, homes.home, { recursive: true });
  const again = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => void (await again.kill()));
  await eventually(async () => (await statusOf(relay)).link.state === 'open', {
    within: 60_000,
    what: 'the link',
  });
  expect((await core.findAgent(agentId))?.journalId).not.toBe(before?.journalId);
  const open = ['queued', 'paced', 'acting', 'confirming'];
  await eventually(
    async () => {
      const { commands } = (await statusOf(relay)).journal;
      return open.every((state) => commands[state] === 0);
    },
    { within: 60_000, what: 'an end of all that was open' },
  );
  for (const to of PEOPLE) expect(copiesOf(relay, to), to).toBe(1);
  // What became of each was found in Messages.
  expect((await statusOf(relay)).journal.commands).toMatchObject({ uncertain: 0, failed: 0 });
  expect(await sent()).toBe(PEOPLE.length);
});

test('an agent that starts while no bridge is there acts on nothing, and says so', {
  timeout: 120_000,
}, async () => {
  const relay = await builtRelay();
  await copiedWhileMessagesWait(relay);
  await relay.bridge.kill();
  const agent = new BuiltAgent(relay.homes, ['--pacing', 'off']);
  onTestFinished(async () => void (await agent.kill()));
  await eventually(async () => (await statusOf(relay)).link?.lastEnd !== null, { what: 'a vain attempt' });
  const status = await eventually(async () => {
    const told = await relay.cli('status');
    return told.code === 4 && told;
  });
  expect(status.stdout).toContain('acts on nothing until the bridge takes this agent');
  // The worker of the first act outlived the agent that was killed.
  expect(relay.ownRows().length).toBeLessThanOrEqual(1);
  await relay.bridge.serve();
  await eventually(() => PEOPLE.every((to) => copiesOf(relay, to) === 1), {
    within: 60_000,
    what: 'all messages, sent once',
  });
});
