import { describe, expect, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import { COMMAND_LIFETIME_MS } from '../../bridge/core/send-message.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { type TestAgent, type TestCore, testAgent, testCore } from '../support/bridge-core.ts';
import { takeEvents } from '../support/customer-events.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { runningBridge } from '../support/running-bridge.ts';

const HER = '+14155550101';
const sessionOf = (agent: TestAgent): string => `session-of-${agent.agentId}`;

/** Five messages on their way to one agent: one acknowledged, two sent without a word, two never sent. */
async function onTheirWay() {
  const bridge = await testCore();
  const agent = await testAgent(bridge);
  const { core, live } = bridge;
  await core.createWebhook(live, { url: 'https://example.com/hook' });
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    ids.push((await core.sendMessage(live, { to: HER, text: String(i) })).message.id);
  }
  await core.takeCommands(agent.agentId, sessionOf(agent), 0, 3);
  await core.acknowledgeCommands(agent.agentId, 1);
  return { bridge, agent, ids };
}

const stepsOf = async ({ core, live }: TestCore, id = ''): Promise<string[]> =>
  (await core.getMessage(live, id)).timeline.map(
    ({ source, step, errorCode }) => `${source} ${step}${errorCode === null ? '' : ` ${errorCode}`}`,
  );

const stateOf = async ({ core, live }: TestCore, id = '') => {
  const { status, errorCode } = (await core.getMessage(live, id)).message;
  return { status, errorCode };
};

const QUEUED = { status: 'queued', errorCode: null };

describe('enrolling a line again', () => {
  test('hands over what was never sent, and calls uncertain what may have been taken without a word', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    const { core } = bridge;
    const before = await core.commandsAfter(agent.agentId, 0, 10);
    const second = await testAgent(bridge, '+14155550100', 'journal-2');
    const taken = await core.takeCommands(second.agentId, sessionOf(second), 0, 10);
    expect(taken?.map(({ seq, id, command }) => ({ seq, id, command }))).toEqual(
      before.slice(3).map(({ id, command }, i) => ({ seq: 6 + i, id, command })),
    );
    for (const id of ids.slice(0, 3)) {
      expect(await stepsOf(bridge, id)).toEqual(['api accepted', 'bridge uncertain uncertain']);
      expect(await stateOf(bridge, id)).toEqual(QUEUED);
    }
    for (const id of ids.slice(3)) expect(await stepsOf(bridge, id)).toEqual(['api accepted']);
    expect(await takeEvents(bridge)).toEqual([]);

    const third = await testAgent(bridge, '+14155550100', 'journal-3');
    expect(await stepsOf(bridge, ids[1])).toHaveLength(2);
    expect(await stepsOf(bridge, ids[4])).toEqual(['api accepted', 'bridge uncertain uncertain']);
    expect(await core.takeCommands(third.agentId, sessionOf(third), 0, 10)).toEqual([]);
  });

  test('also of an agent that was revoked before, and a word that comes late still counts', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    const { core, live } = bridge;
    const [, lost] = await core.commandsAfter(agent.agentId, 0, 10);
    await core.revokeAgent(agent.agentId);
    await expect(core.sendMessage(live, { to: HER, text: 'hi' })).rejects.toMatchObject({
      code: 'no_line_available',
    });
    const second = await testAgent(bridge);
    const moved = await core.takeCommands(second.agentId, sessionOf(second), 0, 10);
    expect(moved?.map(({ messageId }) => messageId)).toEqual(ids.slice(3));
    const sent = { commandId: lost?.id ?? '', guid: 'G', service: 'iMessage' };
    await second.tell({ type: 'message.sent', ...sent });
    expect(await stateOf(bridge, ids[1])).toEqual({ status: 'sent', errorCode: null });
    expect(await stepsOf(bridge, ids[1])).toEqual(['api accepted', 'bridge uncertain uncertain', 'mac sent']);
  });

  test('goes on with numbers that the journal of the Mac does not know yet', async () => {
    const { bridge, agent } = await onTheirWay();
    const { core, live } = bridge;
    const { token } = await core.createEnrolmentToken(live.accountId);
    const publicKey = Buffer.alloc(32, 8).toString('base64url');
    const elsewhere = { token, publicKey, name: 'Mac', handle: '+14155550199' };
    const { agentId } = await core.enrolAgent(elsewhere);
    const known = (await core.findAgent(agent.agentId))?.commandAck ?? 0;
    const session = { sessionId: 's', journalId: 'journal-1', commandAck: known };
    const opened = await core.openSession(agentId, session);
    expect(opened.agent.commandAck).toBeGreaterThanOrEqual(known);
    await core.sendMessage(live, { to: HER, from: '+14155550199', text: 'hi' });
    const [command] = (await core.takeCommands(agentId, 's', opened.agent.commandAck, 10)) ?? [];
    expect(command?.seq).toBe(opened.agent.commandAck + 1);
  });
});

describe('a journal', () => {
  const reopened = ({ core }: TestCore, agent: TestAgent, journalId: string, hello: object = {}) =>
    core.openSession(agent.agentId, { sessionId: `ses-${journalId}`, journalId, commandAck: 0, ...hello });

  test('that is new makes uncertain what the one before had, and gets none of it', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    const { core, live } = bridge;
    const [first] = await core.commandsAfter(agent.agentId, 0, 10);
    const opened = await reopened(bridge, agent, 'journal-2');
    expect(opened.agent.commandAck).toBe(3);
    for (const id of ids.slice(0, 3))
      expect((await core.getMessage(live, id)).message.details.uncertain).toMatchObject({
        reason: expect.stringContaining('journal'),
      });
    expect(
      (await core.takeCommands(agent.agentId, 'ses-journal-2', 3, 10))?.map(({ messageId }) => messageId),
    ).toEqual(ids.slice(3));
    // A salvaged journal, or a row, tells it all the same.
    const at = '2026-01-01T00:00:00.000Z';
    const sent = { commandId: first?.id ?? '', guid: 'G', service: 'iMessage', at };
    await core.recordEvent(agent.agentId, 'ses-journal-2', 1, { type: 'message.sent', ...sent });
    const { status, details } = (await core.getMessage(live, ids[0] ?? '')).message;
    expect({ status, details }).toEqual({ status: 'sent', details: {} });
    await reopened(bridge, agent, 'journal-3');
    expect(await stepsOf(bridge, ids[1])).toEqual(['api accepted', 'bridge uncertain uncertain']);
  });

  test('that is older than what was heard of it is refused, and nothing changes', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    await agent.tell({ type: 'line.capabilities', macos: '26', actions: [] });
    const before = await bridge.core.findAgent(agent.agentId);
    for (const hello of [
      { commandAck: 1, eventSeq: 0 },
      { commandAck: 0, eventSeq: 1 },
    ])
      await expect(reopened(bridge, agent, 'journal-1', hello)).rejects.toMatchObject({
        code: 'journal_behind',
      });
    expect(await bridge.core.findAgent(agent.agentId)).toEqual(before);
    await reopened(bridge, agent, 'journal-1', { commandAck: 1, eventSeq: 1 });
    expect(await stepsOf(bridge, ids[0])).toEqual(['api accepted']);
  });

  test('asks anew for the bytes of a file that the one before was to hand over', async () => {
    const bridge = await testCore();
    const { core } = bridge;
    const agent = await testAgent(bridge);
    await agent.tell({
      type: 'message.received',
      guid: 'G',
      conversation: null,
      from: HER,
      service: 'iMessage',
      text: '\uFFFC',
      attachments: [
        {
          guid: 'A',
          name: 'a.png',
          mimeType: 'image/png',
          bytes: 3,
          state: 'complete',
          kind: 'image',
          position: 0,
          sha256: 'a'.repeat(64),
        },
      ],
    });
    await core.takeCommands(agent.agentId, sessionOf(agent), 0, 9);
    await reopened(bridge, agent, 'journal-2');
    const commands = await core.commandsAfter(agent.agentId, 0, 9);
    const [first, again, ...more] = commands.map(({ command }) => command);
    expect(more).toEqual([]);
    expect(again).toMatchObject({ type: 'media.upload', attachmentGuid: 'A' });
    expect(again?.id).not.toBe(first?.id);
    const taken = await core.takeCommands(agent.agentId, 'ses-journal-2', 1, 9);
    expect(taken?.map(({ id }) => id)).toEqual([again?.id]);
  });
});

describe('a deadline that passes', () => {
  test('ends what never left as failed, and what a Mac took that is not heard of as uncertain', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    const { core, clock } = bridge;
    await clock.advance(COMMAND_LIFETIME_MS - 1);
    await core.expireMessages();
    for (const id of ids) expect(await stepsOf(bridge, id)).toEqual(['api accepted']);
    await clock.advance(1);
    let wakes = 0;
    core.wakeups.onDelivery(() => {
      wakes += 1;
    });
    await core.expireMessages();
    await core.expireMessages();
    expect(wakes).toBe(1);
    for (const id of ids.slice(0, 3)) {
      expect(await stepsOf(bridge, id)).toEqual(['api accepted', 'bridge uncertain uncertain']);
      expect(await stateOf(bridge, id)).toEqual(QUEUED);
    }
    for (const id of ids.slice(3)) {
      expect(await stepsOf(bridge, id)).toEqual(['api accepted', 'bridge failed line_offline']);
      expect(await stateOf(bridge, id)).toEqual({ status: 'failed', errorCode: 'line_offline' });
    }
    const told = (await takeEvents(bridge)).map(
      (payload) =>
        JSON.parse(payload) as { type: string; data: { messageId: string; error: { code: string } } },
    );
    expect(told.map(({ type, data }) => [type, data.messageId, data.error.code])).toEqual(
      ids.slice(3).map((id) => ['message.failed', id, 'line_offline']),
    );

    const late = await core.takeCommands(agent.agentId, sessionOf(agent), 3, 10);
    expect(late?.map(({ command }) => Date.parse(command.expiresAt))).toEqual([0, 0]);
    await testAgent(bridge, '+14155550100', 'journal-2');
    expect(await stepsOf(bridge, ids[1])).toHaveLength(2);
    expect(await stepsOf(bridge, ids[4])).toHaveLength(2);
  });

  test('leaves to a Mac that is there what it took', async () => {
    const { bridge, agent, ids } = await onTheirWay();
    const { core, clock } = bridge;
    await clock.advance(COMMAND_LIFETIME_MS);
    await core.touchAgent(agent.agentId);
    await core.expireMessages();
    expect(await stepsOf(bridge, ids[0])).toEqual(['api accepted']);
    expect(await stepsOf(bridge, ids[1])).toEqual(['api accepted', 'bridge uncertain uncertain']);
  });

  test('ends more than one transaction holds', async () => {
    const bridge = await testCore();
    const { core, live, clock } = bridge;
    await testAgent(bridge);
    for (let i = 0; i < 205; i += 1) await core.sendMessage(live, { to: HER, text: String(i) });
    await clock.advance(COMMAND_LIFETIME_MS);
    await core.expireMessages();
    const { messages } = await core.listMessages(
      live,
      { status: 'queued' },
      { limit: 100, cursor: undefined },
    );
    expect(messages).toEqual([]);
  });

  test('is seen by a bridge that serves', async () => {
    const clock = new ManualClock();
    const bridge = await runningBridge({ clock });
    const { account, liveKey: key } = await bridge.core.createAccount('Test');
    await bridge.enrol(account.id);
    const logger = createLogger('test', 'silent');
    const yesterday = new ManualClock(clock.now() - COMMAND_LIFETIME_MS);
    const before = createCore({ store: bridge.store, clock: yesterday, logger });
    const live = await before.authenticate(key);
    const { message } = await before.sendMessage(live, { to: HER, text: 'hi' });
    await clock.advance(60_000);
    await eventually(
      async () => {
        const { text } = await bridge.ask('GET', `/v1/messages/${message.id}`, { key });
        return text.includes('"line_offline"');
      },
      { what: 'the end of the message' },
    );
  });
});
