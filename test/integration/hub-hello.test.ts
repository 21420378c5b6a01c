import net from 'node:net';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import { HELLO_LIMIT_MS, LINK_PATH, MAX_FRAME_BYTES } from '../../bridge/protocol/limits.ts';
import { type AgentLink, agentKeys, dialBridge } from '../support/agent-link.ts';
import { eventually } from '../support/eventually.ts';
import { type EnrolledAgent, enrolAgent, openLink, testHub } from '../support/test-hub.ts';

const SECRET_TEXT = 'never to be seen in a log';

const event = {
  type: 'event',
  seq: 1,
  event: {
    type: 'message.received',
    guid: 'G-1',
    conversation: { kind: 'direct', identifier: '+14155550101' },
    from: '+14155550101',
    service: 'iMessage',
    text: SECRET_TEXT,
    at: '2026-01-01T00:00:00.000Z',
  },
} as const;

interface Case {
  name: string;
  expected: CloseCode;
  act(link: AgentLink, agent: EnrolledAgent, earlier: AgentLink): void;
}

const cases: Case[] = [
  {
    name: 'an unknown agent',
    expected: 'unauthorized',
    act: (link, agent) => link.hello({ ...agent, agentId: 'ag_nobody' }),
  },
  {
    name: 'a wrong key',
    expected: 'unauthorized',
    act: (link, { agentId }) => link.hello({ agentId, keys: agentKeys() }),
  },
  {
    name: 'no signature worth the name',
    expected: 'unauthorized',
    act: (link, agent) => link.hello(agent, { signature: 'A'.repeat(86) }),
  },
  {
    name: 'a hello without a signature',
    expected: 'bad_frame',
    act: (link, agent) =>
      link.sendRaw(JSON.stringify({ type: 'hello', protocol: 1, agentId: agent.agentId })),
  },
  {
    name: 'a hello replayed from an earlier connection',
    expected: 'unauthorized',
    act: (link, agent, earlier) =>
      link.hello(agent, { signature: agent.keys.sign(agent.agentId, earlier.nonce) }),
  },
  {
    name: 'another protocol version, whatever its hello looks like',
    expected: 'unsupported_version',
    act: (link) => link.sendRaw(JSON.stringify({ type: 'hello', protocol: 2, token: 'x' })),
  },
  { name: 'an event before any hello', expected: 'bad_frame', act: (link) => link.send(event) },
  { name: 'what is not JSON', expected: 'bad_frame', act: (link) => link.sendRaw(SECRET_TEXT) },
  {
    name: 'a frame of no known type',
    expected: 'bad_frame',
    act: (link) => link.sendRaw(JSON.stringify({ type: 'shutdown' })),
  },
  {
    name: 'a binary frame',
    expected: 'bad_frame',
    act: (link) => link.sendRaw(Buffer.from(JSON.stringify(event))),
  },
  {
    name: 'a frame of 300 KB',
    expected: 'frame_too_large',
    act: (link) => link.sendRaw(JSON.stringify({ ...event, padding: 'x'.repeat(300_000) })),
  },
  {
    name: 'commands that were never given out',
    expected: 'bad_frame',
    act: (link, agent) => link.hello(agent, { commandAck: 7 }),
  },
];

test.each(cases)(
  '$name closes the link with $expected, is logged without content, stores nothing',
  async (bad) => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    const bridge = await testHub({ logger });
    const agent = await enrolAgent(bridge);
    const earlier = await openLink(bridge.url, agent);
    const before = await bridge.core.findAgent(agent.agentId);
    const link = await dialBridge(bridge.url);
    bad.act(link, agent, earlier);

    const { status } = await link.waitForClose();
    expect(status).toBe(closeCodes[bad.expected].status);
    await eventually(() => lines.some((line) => line.includes(`"close":"${bad.expected}"`)));
    expect(lines.join('')).not.toContain(SECRET_TEXT);
    expect(lines.join('')).not.toContain('+1415');
    expect(await bridge.core.findAgent(agent.agentId)).toEqual(before);
    expect(earlier.closed).toBeUndefined();
    expect(bridge.hub.connected(agent.agentId)).toBe(true);
    const { messages } = await bridge.core.listMessages(bridge.live, {}, { limit: 10, cursor: undefined });
    expect(messages).toEqual([]);
  },
);

test('an unknown agent and a wrong signature cannot be told apart', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  const [unknown, wrong] = [await dialBridge(bridge.url), await dialBridge(bridge.url)];
  unknown.hello({ ...agent, agentId: 'ag_nobody' });
  wrong.hello({ ...agent, keys: agentKeys() });
  expect(await unknown.waitForClose()).toEqual(await wrong.waitForClose());
  expect(unknown.closed?.reason).toBe('unauthorized');
});

test('only the holder of a revoked key learns that it is revoked', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  await bridge.core.revokeAgent(agent.agentId);
  const [holder, stranger] = [await dialBridge(bridge.url), await dialBridge(bridge.url)];
  holder.hello(agent);
  stranger.hello({ ...agent, keys: agentKeys() });
  expect((await holder.waitForClose()).reason).toBe('revoked');
  expect((await stranger.waitForClose()).reason).toBe('unauthorized');
});

test('each connection gets a nonce of its own', async () => {
  const bridge = await testHub();
  const links = await Promise.all([1, 2, 3].map(() => dialBridge(bridge.url)));
  expect(new Set(links.map((link) => link.nonce)).size).toBe(3);
  for (const link of links) link.cut();
});

test('silence instead of a hello ends at the limit', async () => {
  const bridge = await testHub();
  const link = await dialBridge(bridge.url);
  await bridge.clock.advance(HELLO_LIMIT_MS - 1);
  expect(link.closed).toBeUndefined();
  await bridge.clock.advance(1);
  expect((await link.waitForClose()).reason).toBe('hello_timeout');
});

test('a second hello is a bad frame', async () => {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  const link = await openLink(bridge.url, agent);
  link.hello(agent);
  expect((await link.waitForClose()).reason).toBe('bad_frame');
});

test('the largest frame that is allowed is read', async () => {
  const bridge = await testHub();
  const link = await dialBridge(bridge.url);
  link.sendRaw('x'.repeat(MAX_FRAME_BYTES));
  expect((await link.waitForClose()).status).toBe(closeCodes.bad_frame.status);
});

const answerOf = (url: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const socket = net.connect(Number(port), '127.0.0.1', () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
          'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ),
    );
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().split('\r\n')[0] ?? '');
    });
    socket.once('error', reject);
  });

test('other paths have no WebSocket', async () => {
  const bridge = await testHub();
  expect(await answerOf(bridge.url, '/somewhere')).toBe('HTTP/1.1 404 Not Found');
  expect(await answerOf(bridge.url, `${LINK_PATH}?x=1`)).toBe('HTTP/1.1 101 Switching Protocols');
});

test('sockets without a hello are bounded, and one that proves itself makes room', async () => {
  const bridge = await testHub({ limits: { unauthenticatedPerAddress: 2 } });
  const agent = await enrolAgent(bridge);
  const first = await dialBridge(bridge.url);
  const second = await dialBridge(bridge.url);
  expect(await answerOf(bridge.url, LINK_PATH)).toBe('HTTP/1.1 503 Service Unavailable');
  first.hello(agent);
  await first.waitFor('welcome');
  const third = await dialBridge(bridge.url);
  expect(await answerOf(bridge.url, LINK_PATH)).toBe('HTTP/1.1 503 Service Unavailable');
  second.cut();
  await eventually(async () => (await answerOf(bridge.url, LINK_PATH)).includes('101'));
  for (const link of [first, third]) link.cut();
});

test('a half-sent upgrade and a reset do not disturb the hub', async () => {
  const bridge = await testHub();
  const { port } = new URL(bridge.url);
  const socket = net.connect(Number(port), '127.0.0.1', () => socket.resetAndDestroy());
  await new Promise((resolve) => socket.once('close', resolve));
  const masked = new WebSocket(`${bridge.url.replace('http', 'ws')}${LINK_PATH}`);
  await new Promise((resolve) => masked.once('open', resolve));
  const raw = (masked as unknown as { _socket: net.Socket })._socket;
  raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await new Promise((resolve) => masked.once('close', resolve));
  const agent = await enrolAgent(bridge);
  expect((await openLink(bridge.url, agent)).closed).toBeUndefined();
});
