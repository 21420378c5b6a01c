import { expect, test } from 'vitest';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';

const HER = '+14155550101';
const message = { to: HER, text: 'hi' };

interface Made {
  id: string;
  status?: string;
  secret?: string;
  url?: string;
}

async function withAccount(bridge: RunningBridge): Promise<{ key: string; sandboxKey: string }> {
  const { account, liveKey, sandboxKey } = await bridge.core.createAccount('Test');
  await bridge.enrol(account.id);
  return { key: liveKey, sandboxKey };
}

const keyed = (value: string) => ({ 'idempotency-key': value });

const countOf = async (bridge: RunningBridge, key: string, path: string): Promise<number> =>
  (await bridge.ask<{ data: unknown[] }>('GET', path, { key })).json.data.length;

test('a repeated send is answered 200 with the message of the first, by header or by body', async () => {
  const bridge = await runningBridge();
  const { key } = await withAccount(bridge);
  const send = (headers: Record<string, string>, body: object) =>
    bridge.ask<Made>('POST', '/v1/messages', { key, headers, body });
  const first = await send(keyed('a b'), message);
  expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([202, null]);
  const inBody = { ...message, idempotencyKey: 'a b' };
  for (const again of [
    await send(keyed('a b'), message),
    await send({}, inBody),
    await send(keyed('a b'), inBody),
  ]) {
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.json).toEqual(first.json);
  }
  expect((await send({}, message)).status).toBe(202);
  expect(await countOf(bridge, key, '/v1/messages')).toBe(2);
});

test('another body with the same key is a conflict, and a refused request keeps no key', async () => {
  const bridge = await runningBridge();
  const { key } = await withAccount(bridge);
  const send = (body: object) => bridge.ask('POST', '/v1/messages', { key, headers: keyed('k'), body });
  expect((await send({ to: 'nobody', text: 'hi' })).json.error.code).toBe('invalid_phone_number');
  expect((await send(message)).status).toBe(202);
  const conflict = await send({ ...message, text: 'ho' });
  expect([conflict.status, conflict.headers.get('idempotent-replayed')]).toEqual([409, null]);
  expect(conflict.json.error).toMatchObject({ code: 'idempotency_conflict', retry: 'never' });
});

test('a key that is no key is refused and named, and nothing is made', async () => {
  const bridge = await runningBridge();
  const { key } = await withAccount(bridge);
  const refused = async (param: string, headers: Record<string, string>, body: object) => {
    for (const path of param === 'Idempotency-Key' ? ['/v1/messages', '/v1/webhooks'] : ['/v1/messages']) {
      const sent = path === '/v1/messages' ? body : { url: 'https://example.com/' };
      const { status, json } = await bridge.ask('POST', path, { key, headers, body: sent });
      expect([path, status, json.error.code, json.error.param]).toEqual([
        path,
        400,
        'invalid_parameter_value',
        param,
      ]);
    }
  };
  for (const bad of ['', 'x'.repeat(256), 'é', 'a\tb']) await refused('Idempotency-Key', keyed(bad), message);
  for (const bad of ['', 'x'.repeat(256), 'é', 'a\tb', 7])
    await refused('idempotencyKey', {}, { ...message, idempotencyKey: bad });
  await refused('idempotencyKey', keyed('a'), { ...message, idempotencyKey: 'b' });
  expect(await countOf(bridge, key, '/v1/messages')).toBe(0);
  expect(await countOf(bridge, key, '/v1/webhooks')).toBe(0);
});

test('a repeated registration is answered without the secret, and not found once it was deleted', async () => {
  const bridge = await runningBridge();
  const { key } = await withAccount(bridge);
  const body = { url: 'https://example.com/hook' };
  const register = (value: string) =>
    bridge.ask<Made>('POST', '/v1/webhooks', { key, headers: keyed(value), body });
  const [first, ...others] = (await Promise.all([register('k'), register('k'), register('k')])).sort(
    (a, b) => b.status - a.status,
  );
  expect(first?.status).toBe(201);
  const { secret, ...shown } = first?.json ?? { id: '' };
  expect(secret).toMatch(/^whsec_/);
  for (const other of others) {
    expect([other.status, other.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(other.json).toEqual(shown);
  }
  expect((await register('another')).status).toBe(409);
  expect(await countOf(bridge, key, '/v1/webhooks')).toBe(1);
  await bridge.ask('DELETE', `/v1/webhooks/${shown.id}`, { key });
  expect((await register('k')).status).toBe(404);
});

test('a key is of one account, one mode and one path', async () => {
  const bridge = await runningBridge();
  const one = await withAccount(bridge);
  const other = await withAccount(bridge);
  const body = { url: 'https://example.com/hook' };
  for (const key of [one.key, one.sandboxKey, other.key])
    expect((await bridge.ask('POST', '/v1/webhooks', { key, headers: keyed('k'), body })).status).toBe(201);
  for (const key of [one.key, other.key])
    expect(
      (await bridge.ask('POST', '/v1/messages?x=1', { key, headers: keyed('k'), body: message })).status,
    ).toBe(202);
});

interface Described {
  parameters?: { name: string; in: string; required?: boolean; description?: string }[];
  responses: Record<string, { description: string }>;
}

test('every POST behind a key takes an idempotency key by its document', async () => {
  const bridge = await runningBridge();
  const { json } = await bridge.ask<{ paths: Record<string, Record<string, Described>> }>(
    'GET',
    '/openapi.json',
  );
  const posts = Object.entries(json.paths).flatMap(([path, { post }]) =>
    post && path.startsWith('/v1/') ? [[path, post] as const] : [],
  );
  expect(posts.length).toBeGreaterThan(1);
  for (const [path, { parameters, responses }] of posts) {
    const parameter = parameters?.find(({ name }) => name === 'idempotency-key');
    expect(parameter, path).toMatchObject({ in: 'header', description: expect.stringContaining('24 hours') });
    expect(parameter?.required ?? false, path).toBe(false);
    expect(responses['200']?.description, path).toContain('The same request came before');
    expect(responses['409']?.description, path).toContain('`idempotency_conflict`');
  }
  expect(json.paths['/v1/webhooks']?.post?.responses['409']?.description).toContain('`webhook_duplicate`');
});
