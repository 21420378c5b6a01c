import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { type TestAgent, type TestCore, testAgent, testCore } from '../support/bridge-core.ts';
import { takeEvents } from '../support/customer-events.ts';

const HER = '+14155550101';

interface Sent {
  bridge: TestCore;
  agent: TestAgent;
  messageId: string;
  commandId: string;
  state: { commandId: string; guid: string; service: string };
}

async function sentMessage(): Promise<Sent> {
  const bridge = await testCore();
  const agent = await testAgent(bridge);
  await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/hook' });
  const { message } = await bridge.core.sendMessage(bridge.live, {
    to: HER,
    text: 'hi',
    metadata: { a: 'b' },
  });
  const [command] = await bridge.core.commandsAfter(agent.agentId, 0, 1);
  const commandId = command?.id ?? '';
  return {
    bridge,
    agent,
    messageId: message.id,
    commandId,
    state: { commandId, guid: 'G1', service: 'iMessage' },
  };
}

const told = async (bridge: TestCore) =>
  (await takeEvents(bridge)).map((payload) => JSON.parse(payload) as { type: string; data: object });

describe('a message on its way', () => {
  test('is followed to read, with its timeline and one event for each step', async () => {
    const { bridge, agent, messageId, commandId, state } = await sentMessage();
    const { core, live, clock } = bridge;
    let wakes = 0;
    core.wakeups.onDelivery(() => {
      wakes += 1;
    });
    await agent.tell({ type: 'command.state', commandId, state: 'queued' });
    await agent.tell({ type: 'command.state', commandId, state: 'done', guid: 'G1' });
    expect(wakes).toBe(0);
    const at = isoTime(clock.now());
    await agent.tell({ type: 'message.sent', ...state });
    await agent.tell({ type: 'message.delivered', ...state });
    await agent.tell({ type: 'message.read', ...state });
    expect(wakes).toBe(3);

    const { message, timeline } = await core.getMessage(live, messageId);
    expect(message).toMatchObject({ status: 'read', guid: 'G1', service: 'imessage', readAt: clock.now() });
    expect(timeline.map(({ step, source }) => `${source} ${step}`)).toEqual([
      'api accepted',
      'agent queued',
      'agent done',
      'mac sent',
      'mac delivered',
      'mac read',
    ]);
    const { lineId } = agent;
    const envelope = { id: expect.stringMatching(/^evt_/), timestamp: at, mode: 'live' };
    expect(await told(bridge)).toEqual([
      {
        ...envelope,
        type: 'message.sent',
        data: {
          messageId,
          to: HER,
          from: '+14155550100',
          text: 'hi',
          status: 'sent',
          sentAt: at,
          metadata: { a: 'b' },
          lineId,
        },
      },
      { ...envelope, type: 'message.delivered', data: { messageId, deliveredAt: at, lineId } },
      { ...envelope, type: 'message.read', data: { messageId, readAt: at, lineId } },
    ]);
  });

  test('that is read before it is told as delivered stays read, and each fact is told once', async () => {
    const { bridge, agent, messageId, state } = await sentMessage();
    await agent.tell({ type: 'message.read', ...state });
    await agent.tell({ type: 'message.delivered', ...state });
    await agent.tell({ type: 'message.read', ...state });
    await agent.tell({ type: 'message.delivered', ...state });
    const { message, timeline } = await bridge.core.getMessage(bridge.live, messageId);
    expect(message).toMatchObject({ status: 'read', sentAt: null });
    expect(message.deliveredAt).not.toBeNull();
    expect(timeline.map((entry) => entry.step)).toEqual(['accepted', 'read', 'delivered']);
    expect((await told(bridge)).map((event) => event.type)).toEqual(['message.read', 'message.delivered']);
  });

  test('fails with our code when Messages says so, and when the command never reached Messages', async () => {
    for (const kind of ['mac', 'agent'] as const) {
      const { bridge, agent, messageId, commandId, state } = await sentMessage();
      const error = { code: 'recipient_not_imessage', message: 'not on iMessage' };
      if (kind === 'mac')
        await agent.tell({ type: 'message.failed', ...state, error: { ...error, apple: 22 } });
      else await agent.tell({ type: 'command.state', commandId, state: 'failed', error });
      await agent.tell({ type: 'message.sent', ...state });
      const { message, timeline } = await bridge.core.getMessage(bridge.live, messageId);
      expect(message).toMatchObject({ status: 'failed', errorCode: error.code, errorMessage: error.message });
      expect(timeline[1]).toMatchObject({ step: 'failed', source: kind, errorCode: error.code });
      expect(await told(bridge)).toMatchObject([
        { type: 'message.failed', data: { messageId, error, failedAt: isoTime(bridge.clock.now()) } },
      ]);
    }
  });

  test('that is uncertain is shown as that, tells nobody, and can still turn out as sent', async () => {
    const { bridge, agent, messageId, commandId, state } = await sentMessage();
    await agent.tell({ type: 'command.state', commandId, state: 'uncertain' });
    const uncertain = await bridge.core.getMessage(bridge.live, messageId);
    expect(uncertain.message.status).toBe('queued');
    expect(uncertain.timeline.at(-1)).toMatchObject({ step: 'uncertain', errorCode: 'uncertain' });
    expect(await told(bridge)).toEqual([]);
    expect(await bridge.core.commandsAfter(agent.agentId, 0, 10)).toHaveLength(1);
    await agent.tell({ type: 'message.sent', ...state });
    expect((await told(bridge)).map((event) => event.type)).toEqual(['message.sent']);
  });

  test('is not touched by an agent of another line, nor by a command that nobody gave', async () => {
    const { bridge, messageId, state } = await sentMessage();
    const stranger = await testAgent(bridge, 'me@example.com');
    expect(await stranger.tell({ type: 'message.read', ...state })).toBe(true);
    expect(await stranger.tell({ type: 'message.read', ...state, commandId: 'cmd_none' })).toBe(true);
    expect((await bridge.core.getMessage(bridge.live, messageId)).message.status).toBe('queued');
    expect(await told(bridge)).toEqual([]);
  });

  test('keeps without GUID when a message of the line has that GUID already', async () => {
    const { bridge, agent, messageId, state } = await sentMessage();
    await agent.tell({ ...received, guid: state.guid });
    expect(await agent.tell({ type: 'message.sent', ...state })).toBe(true);
    expect((await bridge.core.getMessage(bridge.live, messageId)).message).toMatchObject({
      status: 'sent',
      guid: null,
    });
  });
});

const received = {
  type: 'message.received',
  guid: 'IN-1',
  conversation: { kind: 'direct', identifier: HER },
  from: HER,
  service: 'iMessage',
  text: 'hello',
} as const;

describe('a message that a person wrote', () => {
  test('is stored and told once, whatever Messages repeats', async () => {
    const bridge = await testCore();
    const agent = await testAgent(bridge);
    await bridge.core.createWebhook(bridge.live, {
      url: 'https://example.com/hook',
      events: ['message.received'],
    });
    await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/calls', events: ['call.*'] });
    await bridge.core.createWebhook(bridge.sandbox, { url: 'https://example.com/sandbox' });
    const at = '2025-12-31T23:59:59.000Z';
    expect(await agent.tell({ ...received, at })).toBe(true);
    expect(await agent.tell({ ...received, at })).toBe(true);
    const { messages } = await bridge.core.listMessages(bridge.live, {}, { limit: 10, cursor: undefined });
    expect(messages).toMatchObject([
      {
        direction: 'inbound',
        status: 'received',
        from: HER,
        to: '+14155550100',
        text: 'hello',
        guid: 'IN-1',
        sentAt: Date.parse(at),
        createdAt: bridge.clock.now(),
      },
    ]);
    expect(await told(bridge)).toMatchObject([
      {
        type: 'message.received',
        mode: 'live',
        data: {
          messageId: messages[0]?.id,
          from: HER,
          to: '+14155550100',
          text: 'hello',
          attachments: [],
          receivedAt: at,
          lineId: agent.lineId,
        },
      },
    ]);
  });

  test('is of the conversation that was written to, of its group, or of its sender when there is no chat', async () => {
    const bridge = await testCore();
    const agent = await testAgent(bridge);
    await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/hook' });
    const { message } = await bridge.core.sendMessage(bridge.live, { to: HER, text: 'hi' });
    await agent.tell({ ...received, guid: 'A' });
    await agent.tell({ ...received, guid: 'B', conversation: null });
    await agent.tell({ ...received, guid: 'C', conversation: { kind: 'group', identifier: 'chat123' } });
    const { messages } = await bridge.core.listMessages(
      bridge.live,
      { direction: 'inbound' },
      { limit: 10, cursor: undefined },
    );
    const of = (guid: string) => messages.find((one) => one.guid === guid)?.conversationId;
    expect(of('A')).toBe(message.conversationId);
    expect(of('B')).toBe(message.conversationId);
    expect(of('C')).not.toBe(message.conversationId);
    const inGroup = messages.find((one) => one.guid === 'C')?.groupId;
    expect(inGroup).toMatch(/^grp_/);
    expect(await bridge.core.getGroup(bridge.live, inGroup ?? '')).toMatchObject({
      group: { conversationId: of('C'), name: null },
      members: [{ handle: HER }],
    });
    const groups = (await told(bridge)).map((event) => (event.data as { groupId?: string }).groupId);
    expect(groups.sort()).toEqual([inGroup, inGroup, undefined, undefined].sort());
  });

  test('is stored even when its text, GUID or chat holds what a database cannot', async () => {
    const bridge = await testCore();
    const agent = await testAgent(bridge);
    const conversation = { kind: 'direct', identifier: '\uDC00\0' } as const;
    expect(await agent.tell({ ...received, guid: 'x\0', text: 'a\0b\uD83D', conversation })).toBe(true);
    const { messages } = await bridge.core.listMessages(bridge.live, {}, { limit: 10, cursor: undefined });
    expect(messages).toMatchObject([{ text: 'a\uFFFDb\uFFFD', guid: 'x\uFFFD' }]);
  });
});

describe('events of a session', () => {
  test('are refused when they repeat, jump, or come from a session that is not the newest', async () => {
    const bridge = await testCore();
    const { core } = bridge;
    const { agentId } = await testAgent(bridge);
    const record = (session: string, seq: number, guid: string) =>
      core.recordEvent(agentId, session, seq, { ...received, guid, at: isoTime(bridge.clock.now()) });
    const closed: [string, string | null][] = [];
    core.wakeups.onSession((id, session) => closed.push([id, session]));
    const session = { journalId: 'journal-1', commandAck: 0 };
    await core.openSession(agentId, { ...session, sessionId: 's1' });
    expect(await record('s1', 1, 'a')).toBe(true);
    expect(await record('s1', 1, 'a')).toBe(false);
    expect(await record('s1', 3, 'c')).toBe(false);
    const opened = await core.openSession(agentId, { ...session, sessionId: 's2' });
    expect(opened).toMatchObject({ agent: { eventSeq: 1 }, line: { handle: '+14155550100' } });
    expect(await record('s1', 2, 'b')).toBe(false);
    expect(await record('s2', 2, 'b')).toBe(true);
    await core.revokeAgent(agentId);
    expect(await record('s2', 3, 'c')).toBe(false);
    await expect(core.openSession(agentId, { ...session, sessionId: 's3' })).rejects.toMatchObject({
      code: 'revoked',
    });
    expect(closed).toEqual([
      [agentId, 's1'],
      [agentId, 's2'],
      [agentId, null],
    ]);
    const { messages } = await core.listMessages(bridge.live, {}, { limit: 10, cursor: undefined });
    expect(messages.map((message) => message.guid).sort()).toEqual(['a', 'b']);
  });

  test('that come together are stored together: all that the newest session brings, in their order', async () => {
    const bridge = await testCore();
    const { core, clock } = bridge;
    const { agentId } = await testAgent(bridge);
    await core.openSession(agentId, { sessionId: 's1', journalId: 'journal-1', commandAck: 0 });
    const many = (count: number, prefix: string, more: object = {}) =>
      Array.from({ length: count }, (_, n) => ({
        ...received,
        ...{ guid: `${prefix}-${n}`, at: isoTime(clock.now()) },
        ...more,
      }));
    expect(await core.recordEvents(agentId, 's1', 1, many(20, 'a'))).toBe(20);
    expect(await core.recordEvents(agentId, 's1', 20, many(3, 'again'))).toBe(0);
    expect(await core.recordEvents(agentId, 's1', 22, many(3, 'jump'))).toBe(0);
    // One that nothing can be made of is kept aside, those beside it are stored as ever.
    const poison = { type: 'link.changed', guid: 'NOBODY', app: { bundleId: 'b', name: 'link' } } as const;
    const mixed = [...many(2, 'b'), { ...poison, at: isoTime(clock.now()) }, ...many(3, 'c')];
    expect(await core.recordEvents(agentId, 's1', 21, mixed)).toBe(6);
    await core.openSession(agentId, { sessionId: 's2', journalId: 'journal-1', commandAck: 0 });
    expect(await core.recordEvents(agentId, 's1', 27, many(2, 'fenced'))).toBe(0);
    const agent = await core.findAgent(agentId);
    expect(agent?.eventSeq).toBe(26);
    expect((await bridge.store.listRejectedEvents(agentId, 9)).map(({ seq }) => seq)).toEqual([23]);
    const { messages } = await core.listMessages(bridge.live, {}, { limit: 100, cursor: undefined });
    expect(messages.map(({ guid }) => guid).reverse()).toEqual([
      ...Array.from({ length: 20 }, (_, n) => `a-${n}`),
      ...['b-0', 'b-1', 'c-0', 'c-1', 'c-2'],
    ]);
  });

  test('commands are acknowledged by the journal that has them, not by a new one', async () => {
    const bridge = await testCore();
    const { core, live } = bridge;
    const { agentId } = await testAgent(bridge);
    for (let i = 0; i < 3; i += 1) await core.sendMessage(live, { to: HER, text: `${i}` });
    const open = async (journalId: string, commandAck: number) =>
      (await core.openSession(agentId, { sessionId: `${journalId}-${commandAck}`, journalId, commandAck }))
        .agent.commandAck;
    expect(await open('journal-1', 2)).toBe(2);
    expect(await open('journal-1', 1)).toBe(2);
    expect(await open('journal-2', 0)).toBe(2);
    expect(await open('journal-2', 3)).toBe(3);
  });
});

test('the payload of an event is what JSON.stringify makes of it again, whatever people write', async () => {
  const bridge = await testCore();
  const agent = await testAgent(bridge);
  await bridge.core.createWebhook(bridge.live, { url: 'https://example.com/hook' });
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 })
      .map((units) => String.fromCharCode(...units)),
    fc.constantFrom('\u2028\u2029', '</script>', '\\u0041', '"\\', '1e400', '\u202Ertl', '__proto__'),
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(nasty, fc.dictionary(nasty, nasty, { maxKeys: 4 }), async (text, metadata) => {
      count += 1;
      await agent.tell({ ...received, guid: `nasty-${count}`, text });
      const { message } = await bridge.core
        .sendMessage(bridge.live, { to: HER, text, metadata })
        .catch(() => ({ message: undefined }));
      if (message) {
        const commands = await bridge.core.commandsAfter(agent.agentId, 0, 1_000);
        const commandId = commands.at(-1)?.id ?? '';
        await agent.tell({ type: 'message.sent', commandId, guid: `sent-${count}`, service: 'iMessage' });
      }
      const payloads = await takeEvents(bridge);
      expect(payloads).toHaveLength(message ? 2 : 1);
      for (const payload of payloads) {
        expect(JSON.stringify(JSON.parse(payload))).toBe(payload);
        expect(Buffer.from(payload, 'utf8').toString('utf8')).toBe(payload);
      }
      if (message) expect(JSON.parse(payloads[1] ?? '')).toMatchObject({ data: { text, metadata } });
    }),
    { numRuns: 60 },
  );
});
