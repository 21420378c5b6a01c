import { expect, test } from 'vitest';
import { closeCodes } from '../../bridge/protocol/close-codes.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';
import { HEARTBEAT_MS, SILENCE_LIMIT_MS, WINDOW } from '../../bridge/protocol/limits.ts';
import type { AgentLink } from '../support/agent-link.ts';
import { testCore } from '../support/bridge-core.ts';
import { eventually } from '../support/eventually.ts';
import { type EnrolledAgent, enrolAgent, openLink, type TestHub, testHub } from '../support/test-hub.ts';

const said = (number: number): AgentEvent => ({
  type: 'message.received',
  guid: `G-${number}`,
  conversation: { kind: 'direct', identifier: '+14155550101' },
  from: '+14155550101',
  service: 'iMessage',
  text: `text ${number}`,
  at: '2026-01-01T00:00:00.000Z',
});

const sendEvents = (link: AgentLink, from: number, to: number): void => {
  for (let seq = from; seq <= to; seq += 1) link.send({ type: 'event', seq, event: said(seq) });
};

async function textsOf({ core, live }: TestHub): Promise<string[]> {
  const { messages } = await core.listMessages(live, {}, { limit: 100, cursor: undefined });
  return messages.map((message) => message.text).sort();
}

const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `text ${index + 1}`).sort();

async function setUp(): Promise<{ bridge: TestHub; agent: EnrolledAgent; link: AgentLink }> {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  return { bridge, agent, link: await openLink(bridge.url, agent) };
}

const order = async (bridge: TestHub, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    await bridge.core.sendMessage(bridge.live, { to: '+14155550101', text: `order ${index}` });
  }
};

const commandSeqs = (link: AgentLink): number[] =>
  link.frames.flatMap((frame) => (frame.type === 'command' ? [frame.seq] : []));

test('events are stored, and acknowledged only once they are durable', async () => {
  const { bridge, agent, link } = await setUp();
  sendEvents(link, 1, 50);
  await link.waitFor('ack', (ack) => ack.seq === 50);
  expect((await bridge.core.findAgent(agent.agentId))?.eventSeq).toBe(50);
  expect(await textsOf(bridge)).toEqual(texts(50));
});

test('a repeated event is acknowledged again and not stored again', async () => {
  const { bridge, link } = await setUp();
  sendEvents(link, 1, 3);
  await link.waitFor('ack', (ack) => ack.seq === 3);
  const acks = (): number => link.frames.filter((frame) => frame.type === 'ack').length;
  const before = acks();
  sendEvents(link, 1, 3);
  await eventually(() => acks() === before + 3);
  expect(await textsOf(bridge)).toEqual(texts(3));
});

test('a gap is a bad frame, and nothing behind it is stored', async () => {
  const { bridge, link } = await setUp();
  sendEvents(link, 1, 2);
  sendEvents(link, 4, 5);
  expect((await link.waitForClose()).status).toBe(closeCodes.bad_frame.status);
  await eventually(async () => (await textsOf(bridge)).length === 2);
  expect(await textsOf(bridge)).toEqual(texts(2));
});

test('more than a window of events without an acknowledgement ends the link', async () => {
  const { bridge, link } = await setUp();
  let free = (): void => undefined;
  const busy = bridge.store.transaction(
    () =>
      new Promise<void>((resolve) => {
        free = resolve;
      }),
  );
  sendEvents(link, 1, WINDOW + 1);
  expect((await link.waitForClose()).reason).toBe('window_exceeded');
  free();
  await busy;
});

test('more than the bridge wants to hold waits in the socket while the store is busy, and is stored later', async () => {
  const { bridge, link } = await setUp();
  let free = (): void => undefined;
  const busy = bridge.store.transaction(
    () =>
      new Promise<void>((resolve) => {
        free = resolve;
      }),
  );
  const text = 'x'.repeat(70_000);
  for (let seq = 1; seq <= 60; seq += 1) {
    link.send({ type: 'event', seq, event: { ...said(seq), text } as AgentEvent });
  }
  await bridge.clock.advance(SILENCE_LIMIT_MS - 1);
  free();
  await busy;
  await link.waitFor('ack', (ack) => ack.seq === 60);
});

test('an agent that reads slowly gets all commands once it reads', async () => {
  const { bridge, link } = await setUp();
  link.deafen();
  const text = 'あ'.repeat(10_000);
  for (let index = 0; index < 240; index += 1) {
    await bridge.core.sendMessage(bridge.live, { to: '+14155550101', text });
  }
  link.listen();
  await eventually(() => commandSeqs(link).length === 240);
  expect(commandSeqs(link)).toEqual(Array.from({ length: 240 }, (_, index) => index + 1));
});

test('an acknowledgement of a command that was never sent is a bad frame', async () => {
  const { link } = await setUp();
  link.send({ type: 'ack', seq: 1 });
  expect((await link.waitForClose()).reason).toBe('bad_frame');
});

test('commands flow up to the window, go on with acknowledgements, and resume behind the last one', async () => {
  const { bridge, agent, link } = await setUp();
  await order(bridge, WINDOW + 20);
  await eventually(() => commandSeqs(link).length === WINDOW);
  link.send({ type: 'ack', seq: 100 });
  await eventually(() => commandSeqs(link).length === WINDOW + 20);
  expect(commandSeqs(link)).toEqual(Array.from({ length: WINDOW + 20 }, (_, index) => index + 1));
  await eventually(async () => (await bridge.core.findAgent(agent.agentId))?.commandAck === 100);
  link.cut();

  const again = await openLink(bridge.url, agent, 200);
  expect(again.frames.find((frame) => frame.type === 'welcome')).toMatchObject({ commandAck: 200 });
  await eventually(() => commandSeqs(again).length === WINDOW + 20 - 200);
  expect(commandSeqs(again)[0]).toBe(201);
});

test('a new journal starts its events anew and gets no command that an earlier one has', async () => {
  const { bridge, agent, link } = await setUp();
  sendEvents(link, 1, 3);
  await link.waitFor('ack', (ack) => ack.seq === 3);
  await order(bridge, 5);
  await eventually(() => commandSeqs(link).length === 5);
  link.send({ type: 'ack', seq: 4 });
  await eventually(async () => (await bridge.core.findAgent(agent.agentId))?.commandAck === 4);
  link.cut();

  const renewed = { ...agent, journalId: 'journal-2' };
  const first = await openLink(bridge.url, renewed);
  expect(first.frames).toContainEqual(
    expect.objectContaining({ type: 'welcome', eventAck: 0, commandAck: 5 }),
  );
  await order(bridge, 1);
  await eventually(() => commandSeqs(first).length === 1);
  expect(commandSeqs(first)).toEqual([6]);
  first.cut();

  const second = await openLink(bridge.url, { ...renewed }, 5);
  expect(second.frames).toContainEqual(expect.objectContaining({ type: 'welcome', commandAck: 5 }));
});

test('the newest session wins, the older is told why and can store nothing more', async () => {
  const { bridge, agent, link } = await setUp();
  sendEvents(link, 1, 1);
  await link.waitFor('ack');
  const newer = await openLink(bridge.url, agent);
  expect((await link.waitForClose()).reason).toBe('superseded');
  expect(newer.frames).toContainEqual(expect.objectContaining({ type: 'welcome', eventAck: 1 }));
  sendEvents(newer, 2, 2);
  await newer.waitFor('ack', (ack) => ack.seq === 2);
  expect(bridge.hub.connected(agent.agentId)).toBe(true);
});

test('a session that another bridge process took over is refused in the store at once, and told', async () => {
  const { bridge, agent, link } = await setUp();
  const { store, clock } = bridge;
  const elsewhere = { sessionId: 'ses_elsewhere', journalId: 'journal-1', now: clock.now() };
  await store.openSession(agent.agentId, elsewhere);
  sendEvents(link, 1, 1);
  expect((await link.waitForClose()).reason).toBe('superseded');
  expect(await textsOf(bridge)).toEqual([]);
});

test('a session that another bridge process took over ends also when it says nothing', async () => {
  const { bridge, agent, link } = await setUp();
  const { store, clock } = bridge;
  const elsewhere = { sessionId: 'ses_elsewhere', journalId: 'journal-1', now: clock.now() };
  await store.openSession(agent.agentId, elsewhere);
  await clock.advance(5_000);
  expect((await link.waitForClose()).reason).toBe('superseded');
});

test('two connections at once leave exactly one open', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  const links = await Promise.all([1, 2, 3, 4].map(() => openLink(bridge.url, agent)));
  await eventually(() => links.filter((link) => link.closed === undefined).length === 1);
  for (const link of links) {
    if (link.closed) expect(link.closed.reason).toBe('superseded');
  }
});

test('revoking ends the session', async () => {
  const { bridge, agent, link } = await setUp();
  await bridge.core.revokeAgent(agent.agentId);
  expect((await link.waitForClose()).reason).toBe('revoked');
  expect(bridge.hub.connected(agent.agentId)).toBe(false);
});

test('a command that another bridge process stored is found without being told', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  const link = await openLink(bridge.url, agent);
  const { store, clock } = bridge;
  const at = new Date(clock.now()).toISOString();
  await store.appendCommand({
    agentId: agent.agentId,
    id: 'cmd_other',
    messageId: null,
    createdAt: clock.now(),
    command: {
      type: 'message.send',
      id: 'cmd_other',
      traceId: 'trc_1',
      issuedAt: at,
      expiresAt: at,
      to: '+14155550101',
      text: 'hi',
    },
  });
  await clock.advance(5_000);
  expect(await link.waitFor('command')).toMatchObject({ seq: 1, command: { id: 'cmd_other' } });
});

test('the bridge asks for signs of life, and ends a link on which none come', async () => {
  const { bridge, agent, link } = await setUp();
  await bridge.clock.advance(HEARTBEAT_MS);
  await eventually(() => link.pings === 1);
  link.deafen();
  await bridge.clock.advance(SILENCE_LIMIT_MS);
  expect(bridge.hub.connected(agent.agentId)).toBe(false);
  await bridge.clock.advance(2_000);
  link.cut();
  await link.waitForClose();
});

test('a link with signs of life stays', async () => {
  const { bridge, agent, link } = await setUp();
  for (let round = 1; round <= 6; round += 1) {
    await bridge.clock.advance(HEARTBEAT_MS);
    await eventually(() => link.pings === round);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(bridge.hub.connected(agent.agentId)).toBe(true);
  const seen = async (): Promise<number | null | undefined> =>
    (await bridge.core.findAgent(agent.agentId))?.lastSeenAt;
  await eventually(async () => ((await seen()) ?? 0) >= bridge.clock.now() - 60_000);
});

test('reconnecting five times loses nothing and repeats nothing', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  for (let round = 0; round < 5; round += 1) {
    const link = await openLink(bridge.url, agent);
    expect(link.frames).toContainEqual(expect.objectContaining({ type: 'welcome', eventAck: round * 2 }));
    sendEvents(link, round * 2 + 1, round * 2 + 2);
    await link.waitFor('ack', (ack) => ack.seq === round * 2 + 2);
    link.cut();
  }
  expect(await textsOf(bridge)).toEqual(texts(10));
});

test('stopping says that it goes away, and what was acknowledged or under way is durable', async () => {
  const core = await testCore();
  const bridge = await testHub({ core });
  const agent = await enrolAgent(bridge);
  const link = await openLink(bridge.url, agent);
  sendEvents(link, 1, 40);
  await link.waitFor('ack');
  await bridge.hub.stop(new AbortController().signal);
  expect(link.closed ?? (await link.waitForClose())).toEqual({ status: 1001, reason: 'going_away' });
  const stored = (await core.core.findAgent(agent.agentId))?.eventSeq ?? 0;
  const acked = Math.max(...link.frames.map((frame) => (frame.type === 'ack' ? frame.seq : 0)));
  expect(stored).toBeGreaterThanOrEqual(acked);
  const next = await testHub({ core });
  const again = await openLink(next.url, agent);
  expect(again.frames).toContainEqual(expect.objectContaining({ type: 'welcome', eventAck: stored }));
});

test('a hurried stop does not wait for an agent that does not answer', async () => {
  const { bridge, link } = await setUp();
  link.deafen();
  const hurry = new AbortController();
  const stopping = bridge.hub.stop(hurry.signal);
  hurry.abort();
  await stopping;
  link.cut();
});
