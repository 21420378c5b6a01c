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
    expect(await stepsOf(bridge, ids[0])).toEqual(['api accepted']);
    for (const id of ids.slice(1, 3)) {
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

describe('a deadline that passes', () => {
  test('ends what never left as failed, what may have been taken as uncertain, and nothing that was acknowledged', async () => {
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
    expect(await stepsOf(bridge, ids[0])).toEqual(['api accepted']);
    for (const id of ids.slice(1, 3)) {
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
