import { expect, onTestFinished, test } from 'vitest';
import { type ActionWorld, actionWorld, HER, type MessageJson } from '../support/action-world.ts';
import { eventually } from '../support/eventually.ts';
import { lineState, suspected } from '../support/line-state.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

interface LineJson {
  status: string;
  ban: { status: string; detectedAt: string | null; reason: string | null } | null;
}

const lineOf = async ({ bridge, key, agent }: ActionWorld) =>
  (await bridge.ask<LineJson>('GET', `/v1/lines/${agent.line.id}`, { key })).json;

const say = (world: ActionWorld, body: unknown, headers: Record<string, string> = {}) =>
  world.bridge.ask<LineJson & { error?: { code: string } }>('PUT', `/v1/lines/${world.agent.line.id}/ban`, {
    key: world.key,
    body,
    headers,
  });

/** Everything that is asked of a conversation or of a message, with the code of the refusal; null where it is taken. */
async function asked(world: ActionWorld, sent: MessageJson): Promise<Record<string, string | null>> {
  const { post } = world;
  const requests: Record<string, () => Promise<{ json: unknown }>> = {
    send: () => post('/v1/messages', { to: HER, from: world.agent.line.id, text: 'hi' }),
    edit: () => post(`/v1/messages/${sent.id}`, { text: 'ho' }, { method: 'PUT' }),
    react: () => post('/v1/messages/react', { messageId: sent.id, reaction: 'love' }),
    typing: () => post(`/v1/conversations/${encodeURIComponent(HER)}/typing`, { state: 'on' }),
    read: () => post(`/v1/conversations/${encodeURIComponent(HER)}/read`, {}),
    call: () => post('/v1/calls', { to: HER, from: world.agent.line.id, type: 'audio' }),
    group: () =>
      post('/v1/groups', { participants: [HER, '+14155550102'], from: world.agent.line.id, text: 'hi' }),
    unsend: () => post(`/v1/messages/${sent.id}/unsend`, {}),
  };
  const codes: Record<string, string | null> = {};
  for (const [name, request] of Object.entries(requests)) {
    const { json } = await request();
    codes[name] = (json as { error?: { code?: string } | null }).error?.code ?? null;
  }
  return codes;
}

test('on a banned line nothing is taken, and what was said before holds when it is taken back', async () => {
  const world = await actionWorld();
  await world.agent.tell(lineState(new Date().toISOString()));
  const sent = await world.sent();
  const before = await lineOf(world);
  const banned = await say(world, { status: 'banned', reason: 'no blue bubbles' });
  expect(banned.status).toBe(200);
  expect(banned.json).toMatchObject({
    status: 'banned',
    ban: { status: 'banned', detectedAt: expect.any(String), reason: 'no blue bubbles' },
  });
  expect(new Set(Object.values(await asked(world, sent)))).toEqual(new Set(['line_unavailable']));
  expect((await say(world, { status: 'none' })).json).toMatchObject({
    status: before.status,
    ban: { status: 'none' },
  });
  expect(await asked(world, sent)).toMatchObject({ send: null, edit: null, typing: null, unsend: null });
});

test('on a line that is paused goes what answers, and what only takes back', async () => {
  const world = await actionWorld();
  const sent = await world.sent();
  const now = new Date().toISOString();
  await world.agent.tell(lineState(now, suspected(now)));
  expect(await asked(world, sent)).toMatchObject({
    ...{ send: 'line_unavailable', edit: 'line_unavailable', react: 'line_unavailable' },
    ...{ typing: 'line_unavailable', read: 'line_unavailable', unsend: null },
  });
  await world.received({ from: HER });
  expect(await asked(world, sent)).toMatchObject({ send: null, react: null, typing: null, read: null });
});

test('the customer is told once of a ban and of its end, and the request may come again', async () => {
  const world = await actionWorld();
  await world.agent.tell(lineState(new Date().toISOString()));
  const receiver = await startWebhookReceiver();
  onTestFinished(() => receiver.close());
  const { key } = world;
  await world.bridge.ask('POST', '/v1/webhooks', { key, body: { url: receiver.url } });
  const changes = () =>
    receiver.requests.flatMap(({ event }) => (event?.type === 'line.status_changed' ? [event.data] : []));
  const headers = { 'idempotency-key': 'ban' };
  expect((await say(world, { status: 'banned' }, headers)).headers.get('idempotent-replayed')).toBeNull();
  expect((await say(world, { status: 'banned' }, headers)).headers.get('idempotent-replayed')).toBe('true');
  expect((await say(world, { status: 'none' }, headers)).json.error?.code).toBe('idempotency_conflict');
  await say(world, { status: 'banned' });
  await say(world, { status: 'none' });
  await eventually(() => changes().length >= 2, { what: 'both changes' });
  expect(changes().map(({ status, ban }) => [status, ban])).toEqual([
    ['banned', 'banned'],
    [expect.not.stringMatching('banned'), 'none'],
  ]);
  for (const body of [{}, { status: 'suspected' }, { status: 'none', more: 1 }])
    expect((await say(world, body)).status).toBe(400);
  const { status } = await world.bridge.ask('PUT', '/v1/lines/ln_none/ban', {
    key: world.key,
    body: { status: 'none' },
  });
  expect(status).toBe(404);
});
