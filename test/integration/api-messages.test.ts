import { expect, test } from 'vitest';
import type { Core } from '../../bridge/core/types.ts';
import { newId } from '../../bridge/runtime/ids.ts';
import { agentKeys, dialBridge } from '../support/agent-link.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';

interface MessageJson {
  id: string;
  conversationId: string;
  direction: string;
  to: string;
  from: string;
  text: string;
  status: string;
  lineId: string;
  createdAt: string;
  timeline?: { step: string; source: string; at: string }[];
  operations?: object[];
}
interface ListJson {
  data: MessageJson[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** Lets an agent report inbound texts, as its session would. */
async function reporter(core: Core, agentId: string): Promise<(from: string, text: string) => Promise<void>> {
  const sessionId = newId('ses', Date.now());
  await core.openSession(agentId, { sessionId, journalId: 'journal-1', commandAck: 0 });
  let seq = 0;
  return async (from, text) => {
    seq += 1;
    const stored = await core.recordEvent(agentId, sessionId, seq, {
      type: 'message.received',
      guid: `guid-${seq}`,
      conversation: { kind: 'direct', identifier: from },
      from,
      service: 'iMessage',
      text,
      at: '2026-01-01T00:00:00.000Z',
    });
    expect(stored).toBe(true);
  };
}

async function withAccount(bridge: RunningBridge, handle: string) {
  const { account, liveKey, sandboxKey } = await bridge.core.createAccount('Test');
  const enrolled = await bridge.enrol(account.id, handle);
  return { key: liveKey, sandboxKey, accountId: account.id, ...enrolled };
}

const idsOf = (list: { json: ListJson }): string[] => list.json.data.map(({ id }) => id);

test('a message is accepted with its timeline, and read back the same', async () => {
  const bridge = await runningBridge();
  const { key, line } = await withAccount(bridge, '+14155550100');
  const body = { to: '+1 (415) 555-0101', text: 'Grüße 👋\nzwei', metadata: { order: '7' } };
  const sent = await bridge.ask<MessageJson>('POST', '/v1/messages', { key, body });
  expect(sent.status).toBe(202);
  expect(sent.json).toEqual({
    id: expect.stringMatching(/^msg_/),
    conversationId: expect.stringMatching(/^cnv_/),
    direction: 'outbound',
    from: '+14155550100',
    to: '+14155550101',
    groupId: null,
    runs: [],
    attachments: [],
    truncated: false,
    subject: null,
    replyTo: null,
    stickerOn: null,
    effect: null,
    voiceNote: false,
    app: null,
    filtered: null,
    reactions: [],
    editCount: 0,
    editedAt: null,
    unsentAt: null,
    text: body.text,
    status: 'queued',
    error: null,
    uncertain: null,
    service: null,
    downgraded: false,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    sentAt: null,
    deliveredAt: null,
    readAt: null,
    pacedUntil: null,
    pacedRule: null,
    lineId: line.id,
    metadata: { order: '7' },
    mode: 'live',
    traceId: expect.stringMatching(/^trc_/),
    timeline: [{ step: 'accepted', source: 'api', at: sent.json.createdAt }],
    operations: [],
  });
  const read = await bridge.ask<MessageJson>('GET', `/v1/messages/${sent.json.id}`, { key });
  expect(read).toMatchObject({ status: 200 });
  expect(read.json).toEqual(sent.json);
  const { timeline: _, operations: __, ...listed } = sent.json;
  const list = await bridge.ask<ListJson>('GET', '/v1/messages', { key });
  expect(list.json).toEqual({ data: [listed], hasMore: false, nextCursor: null });
});

test('the longest text is taken whole, counted in characters', async () => {
  const bridge = await runningBridge();
  const { key } = await withAccount(bridge, '+14155550100');
  const text = '👋'.repeat(10_000);
  const sent = await bridge.ask<MessageJson>('POST', '/v1/messages', {
    key,
    body: { to: 'ANNA@Example.com', text, from: '+14155550100' },
  });
  expect(sent).toMatchObject({ status: 202, json: { to: 'anna@example.com', text } });
});

test('without a Mac there is no line to send from', async () => {
  const bridge = await runningBridge();
  const { liveKey } = await bridge.core.createAccount('Test');
  const body = { to: '+14155550101', text: 'a' };
  expect(await bridge.ask('POST', '/v1/messages', { key: liveKey, body })).toMatchObject({
    status: 503,
    json: { error: { code: 'no_line_available', type: 'api_error', retry: 'later' } },
  });
});

test('pages walk through all messages once, newest first, while more arrive', async () => {
  const clock = new ManualClock();
  const bridge = await runningBridge({ clock });
  const { key, agentId } = await withAccount(bridge, '+14155550100');
  const receive = await reporter(bridge.core, agentId);
  for (let i = 0; i < 25; i += 1) {
    if (i % 3 === 0) await clock.advance(1);
    await receive('+14155550101', `text ${i}`);
  }
  const all = await bridge.ask<ListJson>('GET', '/v1/messages?limit=100', { key });
  const times = all.json.data.map(({ createdAt }) => createdAt);
  expect(times).toEqual([...times].sort().reverse());
  expect(new Set(all.json.data.map(({ text }) => text)).size).toBe(25);
  const walked: string[] = [];
  let next = '';
  for (;;) {
    const page = await bridge.ask<ListJson>('GET', `/v1/messages?limit=7${next}`, { key });
    expect(page.json.hasMore).toBe(page.json.nextCursor !== null);
    walked.push(...idsOf(page));
    await clock.advance(1);
    await receive('+14155550101', 'arrives meanwhile');
    if (page.json.nextCursor === null) break;
    next = `&cursor=${encodeURIComponent(page.json.nextCursor)}`;
  }
  expect(walked).toEqual(idsOf(all));
});

test('filters choose by participant, direction, status, line and time', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const bridge = await runningBridge({ clock });
  const { key, agentId, line } = await withAccount(bridge, '+14155550100');
  const receive = await reporter(bridge.core, agentId);
  await receive('+14155550101', 'first');
  await clock.advance(1_000);
  await receive('+14155550102', 'second');
  await clock.advance(1_000);
  const body = { to: '+14155550101', text: 'third' };
  expect(await bridge.ask('POST', '/v1/messages', { key, body })).toMatchObject({ status: 202 });
  const texts = async (query: string): Promise<string[]> => {
    const list = await bridge.ask<ListJson>('GET', `/v1/messages?${query}`, { key });
    expect(list.status, list.text).toBe(200);
    return list.json.data.map(({ text }) => text);
  };
  expect(await texts('participant=%2B14155550101')).toEqual(['third', 'first']);
  expect(await texts('to=%2B14155550101')).toEqual(['third', 'first']);
  expect(await texts('to=+14155550102'), 'a plus sign that was not encoded').toEqual(['second']);
  expect(await texts('direction=outbound')).toEqual(['third']);
  expect(await texts('status=received')).toEqual(['second', 'first']);
  expect(await texts(`lineId=${line.id}&direction=inbound&to=%2B14155550102`)).toEqual(['second']);
  expect(await texts('lineId=ln_0')).toEqual([]);
  expect(await texts('since=2026-01-01T00:00:01Z')).toEqual(['third', 'second']);
  expect(await texts('until=2026-01-01T00:00:01.000Z')).toEqual(['first']);
  expect(await texts('since=2026-01-01T01:00:01%2B01:00&until=2026-01-01T00:00:02Z')).toEqual(['second']);
});

test('accounts and modes see nothing of each other', async () => {
  const bridge = await runningBridge();
  const anna = await withAccount(bridge, '+14155550100');
  const ben = await withAccount(bridge, '+14155550200');
  const body = { to: '+14155550101', text: 'private' };
  const sent = await bridge.ask<MessageJson>('POST', '/v1/messages', { key: anna.key, body });
  const hook = await bridge.ask<{ id: string }>('POST', '/v1/webhooks', {
    key: anna.key,
    body: { url: 'https://example.com/hook' },
  });
  expect([sent.status, hook.status]).toEqual([202, 201]);
  for (const key of [ben.key, anna.sandboxKey]) {
    for (const target of [`/v1/messages/${sent.json.id}`, `/v1/webhooks/${hook.json.id}`])
      expect(await bridge.ask('GET', target, { key })).toMatchObject({
        status: 404,
        json: { error: { code: 'not_found' } },
      });
    expect(await bridge.ask('DELETE', `/v1/webhooks/${hook.json.id}`, { key })).toMatchObject({
      status: 404,
    });
    for (const target of ['/v1/messages', `/v1/messages?lineId=${anna.line.id}`, '/v1/webhooks'])
      expect((await bridge.ask<ListJson>('GET', target, { key })).json.data).toEqual([]);
  }
  expect(await bridge.ask('GET', `/v1/lines/${anna.line.id}`, { key: ben.key })).toMatchObject({
    status: 404,
  });
  const stolen = { to: '+14155550101', text: 'x', from: anna.line.id };
  expect(await bridge.ask('POST', '/v1/messages', { key: ben.key, body: stolen })).toMatchObject({
    status: 400,
    json: { error: { code: 'invalid_from', param: 'from' } },
  });
  expect(await bridge.ask('POST', '/v1/messages', { key: anna.sandboxKey, body })).toMatchObject({
    status: 403,
    json: { error: { code: 'sandbox_not_activated' } },
  });
  expect(await bridge.ask('GET', `/v1/webhooks/${hook.json.id}`, { key: anna.key })).toMatchObject({
    status: 200,
  });
});

test('a line tells whether its Mac is connected', async () => {
  const bridge = await runningBridge();
  const { account, liveKey: key } = await bridge.core.createAccount('Test');
  const keys = agentKeys();
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const { json: agent } = await bridge.ask<{ agentId: string; line: { id: string } }>(
    'POST',
    '/agent/enrol',
    {
      body: { token, publicKey: keys.publicKey, name: 'Mac', handle: 'mac@example.com' },
    },
  );
  const target = `/v1/lines/${agent.line.id}`;
  const before = await bridge.ask<object>('GET', target, { key });
  expect(before.json).toEqual({
    id: agent.line.id,
    handle: 'mac@example.com',
    status: 'provisioning',
    health: null,
    ban: null,
    warmup: null,
    usage: null,
    lastInboundAt: null,
    mode: 'live',
    offlineSince: null,
    capabilities: null,
    connected: false,
    lastSeenAt: null,
  });
  const link = await dialBridge(bridge.url);
  link.hello({ agentId: agent.agentId, keys });
  await link.waitFor('welcome');
  const connected = await bridge.ask<{ connected: boolean; lastSeenAt: string | null }>('GET', target, {
    key,
  });
  expect(connected.json).toMatchObject({ connected: true, lastSeenAt: expect.any(String) });
  expect((await bridge.ask<ListJson>('GET', '/v1/lines', { key })).json.data).toEqual([connected.json]);
  link.cut();
  await eventually(
    async () => !(await bridge.ask<{ connected: boolean }>('GET', target, { key })).json.connected,
    { what: 'the line to be known as not connected' },
  );
});

test('a stop closes the agents with going_away', async () => {
  const bridge = await runningBridge();
  const { account } = await bridge.core.createAccount('Test');
  const keys = agentKeys();
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const { json: agent } = await bridge.ask<{ agentId: string }>('POST', '/agent/enrol', {
    body: { token, publicKey: keys.publicKey, name: 'Mac', handle: 'mac@example.com' },
  });
  const link = await dialBridge(bridge.url);
  link.hello({ agentId: agent.agentId, keys });
  await link.waitFor('welcome');
  await bridge.stop();
  expect(await link.waitForClose()).toEqual({ status: 1001, reason: 'going_away' });
});
