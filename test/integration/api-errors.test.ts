import net from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ErrorReply } from '../../bridge/api/error-reply.ts';
import { requestErrors } from '../../bridge/protocol/errors.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import { type Answered, type Asked, type RunningBridge, runningBridge } from '../support/running-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const GOOD = { to: '+14155550101', text: 'hello' };

async function bridgeWithKey(): Promise<{ bridge: RunningBridge; key: string; sandboxKey: string }> {
  const bridge = await runningBridge();
  const { account, liveKey, sandboxKey } = await bridge.core.createAccount('Test');
  await bridge.enrol(account.id);
  return { bridge, key: liveKey, sandboxKey };
}

/** Every refusal has the status of its code, one shape, and the request id of the header. */
function expectRefusal(answer: Answered<ErrorReply>, code: keyof typeof requestErrors, param?: string): void {
  const { status, retry } = requestErrors[code];
  expect({ status: answer.status, code: answer.json.error.code, param: answer.json.error.param }).toEqual({
    status,
    code,
    param,
  });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.json.requestId).toBe(answer.headers.get('x-request-id'));
  expect(answer.json.error.retry).toBe(retry);
  expect(answer.json.error.hint.length).toBeGreaterThan(5);
  expect(answer.json.error.message.length).toBeGreaterThan(5);
  expect(Object.keys(answer.json).sort()).toEqual(['error', 'requestId']);
}

describe('a bad request to POST /v1/messages', () => {
  const deep = (text: unknown): Asked => ({ body: { ...GOOD, ...(text as object) } });
  const cases: [string, Asked, keyof typeof requestErrors, string?][] = [
    ['not JSON', { body: '{"to":' }, 'invalid_json'],
    ['an empty body', { body: '' }, 'invalid_json'],
    ['no body and no content type', {}, 'invalid_json'],
    ['JSON null', { body: 'null' }, 'invalid_json'],
    ['bytes that are not UTF-8', { body: Buffer.from('{"to":"\xff"}', 'latin1') }, 'invalid_json'],
    ['a __proto__ key', { body: '{"to":"+14155550101","text":"a","__proto__":{"x":1}}' }, 'invalid_json'],
    ['an array', { body: '[]' }, 'invalid_request'],
    ['a string', { body: '"text"' }, 'invalid_request'],
    [
      'another content type',
      { body: 'to=1', headers: { 'content-type': 'text/plain' } },
      'unsupported_media_type',
    ],
    [
      'a form',
      { body: 'to=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'unsupported_media_type',
    ],
    ['a body over the limit', { body: { ...GOOD, text: 'x'.repeat(256 * 1024) } }, 'body_too_large'],
    ['no to', { body: { text: 'a' } }, 'missing_required_parameter', 'to'],
    ['no text', { body: { to: GOOD.to } }, 'missing_required_parameter', 'text'],
    ['a number as to', deep({ to: 14155550101 }), 'invalid_parameter_value', 'to'],
    ['null as text', deep({ text: null }), 'invalid_parameter_value', 'text'],
    ['an empty text', deep({ text: '' }), 'invalid_parameter_value', 'text'],
    ['a text of 10,001 characters', deep({ text: '😀'.repeat(10_001) }), 'invalid_parameter_value', 'text'],
    ['a priority that there is not', deep({ priority: 'now' }), 'invalid_parameter_value', 'priority'],
    [
      'a wait of forty days',
      deep({ expiresInSeconds: 40 * 86_400 }),
      'invalid_parameter_value',
      'expiresInSeconds',
    ],
    ['NUL in the text', deep({ text: 'a\0b' }), 'invalid_parameter_value', 'text'],
    [
      'half a surrogate pair',
      { body: '{"to":"+14155550101","text":"\\ud83d"}' },
      'invalid_parameter_value',
      'text',
    ],
    ['a to that is no handle', deep({ to: 'nobody' }), 'invalid_phone_number', 'to'],
    ['an unknown from', deep({ from: '+14155550999' }), 'invalid_from', 'from'],
    ['an unknown field', deep({ mesage: 'x' }), 'invalid_parameter_value', 'mesage'],
    ['a list as metadata', deep({ metadata: [] }), 'invalid_parameter_value', 'metadata'],
    ['a number in metadata', deep({ metadata: { x: 1 } }), 'invalid_parameter_value', 'metadata.x'],
    ['large metadata', deep({ metadata: { a: 'x'.repeat(1_000) } }), 'invalid_parameter_value', 'metadata'],
  ];

  test('is refused with the code and the field, and nothing is stored', async () => {
    const { bridge, key } = await bridgeWithKey();
    for (const [what, asked, code, param] of cases) {
      const answer = await bridge.ask('POST', '/v1/messages', { ...asked, key });
      try {
        expectRefusal(answer, code, param);
      } catch (cause) {
        throw new Error(`${what}: ${answer.text}`, { cause });
      }
    }
    const list = await bridge.ask<{ data: unknown[] }>('GET', '/v1/messages', { key });
    expect(list.json.data).toEqual([]);
  });

  test('names every field that is wrong', async () => {
    const { bridge, key } = await bridgeWithKey();
    const { json } = await bridge.ask('POST', '/v1/messages', { key, body: { text: 1, extra: 2 } });
    expect(json.error.details).toMatchObject({
      issues: [{ param: 'to' }, { param: 'text' }, { param: 'extra' }],
    });
  });
});

test('a bad query is refused with the field', async () => {
  const { bridge, key } = await bridgeWithKey();
  const queries: [string, string][] = [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=many', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['cursor=%00', 'cursor'],
    ['cursor=nonsense', 'cursor'],
    ['status=lost', 'status'],
    ['direction=up', 'direction'],
    ['since=yesterday', 'since'],
    ['until=2026-01-01', 'until'],
    ['from=x', 'from'],
    ['to=%2B14155550101&participant=%2B14155550102', 'to'],
  ];
  for (const [query, param] of queries)
    expectRefusal(
      await bridge.ask('GET', `/v1/messages?${query}`, { key }),
      'invalid_parameter_value',
      param,
    );
});

test('a key that is missing or wrong is refused before the body is read', async () => {
  const { bridge, key } = await bridgeWithKey();
  for (const [method, target] of [
    ['POST', '/v1/messages'],
    ['GET', '/v1/messages'],
    ['GET', '/v1/messages/msg_0'],
    ['POST', '/v1/webhooks'],
    ['DELETE', '/v1/webhooks/wh_0'],
  ] as const) {
    const body = method === 'POST' ? { body: '{not json' } : {};
    expectRefusal(await bridge.ask(method, target, body), 'missing_api_key');
    for (const wrong of ['', 'x', `${key}x`, key.slice(0, -1), key.toUpperCase(), 'sk_live_'])
      expectRefusal(
        await bridge.ask(method, target, { ...body, key: wrong }),
        wrong === '' ? 'missing_api_key' : 'invalid_api_key',
      );
  }
});

test('what does not exist is 404, and a path asked in a wrong way 405', async () => {
  const { bridge, key } = await bridgeWithKey();
  for (const target of [
    '/',
    '/v1',
    '/v1/',
    '/v1/nothing',
    '/v2/messages',
    '/v1/messages/',
    '/v1/messages/msg_00000000000000000000000000',
    '/v1/messages/%00',
    "/v1/messages/'%20or%201=1--",
    `/v1/messages/${'x'.repeat(5_000)}`,
    '/v1/webhooks/wh_00000000000000000000000000',
  ])
    expectRefusal(await bridge.ask('GET', target, { key }), 'not_found');
  expectRefusal(await bridge.ask('DELETE', '/v1/webhooks/wh_0', { key }), 'not_found');
  const patch = await bridge.ask('PATCH', '/v1/messages', { key });
  expectRefusal(patch, 'method_not_allowed');
  expect(patch.headers.get('allow')).toBe('GET, HEAD, POST');
  expectRefusal(await bridge.ask('GET', '/v1/messages/%zz', { key }), 'invalid_request');
});

test('HEAD is answered as GET is, without a body', async () => {
  const { bridge, key } = await bridgeWithKey();
  for (const [target, asked, status] of [
    ['/v1/messages', { key }, 200],
    ['/v1/messages', {}, 401],
    ['/healthz', {}, 200],
    ['/nothing', {}, 404],
  ] as const) {
    const answer = await bridge.ask('HEAD', target, asked);
    expect([answer.status, answer.text]).toEqual([status, '']);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  }
});

test('the client may name the request, within bounds', async () => {
  const { bridge } = await bridgeWithKey();
  const idFor = async (given: string): Promise<string | null> =>
    (await bridge.ask('GET', '/healthz', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idFor('my-request_1.a:b')).toBe('my-request_1.a:b');
  expect(await idFor('my request 1')).toMatch(/^req_/);
  expect(await idFor('x'.repeat(128))).toBe('x'.repeat(128));
  expect(await idFor('x'.repeat(129))).toMatch(/^req_/);
  expect(await idFor('caf\u00e9')).toMatch(/^req_/);
});

test('what is not HTTP is answered in the shape of every error', async () => {
  const { bridge } = await bridgeWithKey();
  const port = Number(new URL(bridge.url).port);
  const speak = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = '';
      const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        heard += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(heard));
    });
  for (const [text, code] of [
    ['HELLO\r\n\r\n', 'invalid_request'],
    ['GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', 'invalid_request'],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'headers_too_large'],
  ] as const) {
    const heard = await speak(text);
    const [head = '', body = ''] = heard.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${requestErrors[code].status} `));
    expect(JSON.parse(body)).toMatchObject({
      error: { code },
      requestId: /x-request-id: (.*)/.exec(head)?.[1],
    });
  }
});

test('an inner failure says nothing of its inside, in the answer or in the log', async () => {
  const store = await openStore({ url: `sqlite:${tempFolder()}/broken.db`, clock: systemClock });
  const bridge = await runningBridge({
    overrides: {
      store: { ...store, findApiKey: () => Promise.reject(new Error('secret of +14155550101')) },
    },
  });
  const answer = await bridge.ask('GET', '/v1/messages', { key: 'sk_live_anything_at_all_000000000000' });
  expectRefusal(answer, 'internal_error');
  expect(answer.text).not.toContain('secret');
  const lines = bridge.logLines.join('');
  expect(lines).toContain(answer.json.requestId);
  expect(lines).not.toMatch(/secret|4155550101|sk_live/);
});

test('requests are logged without what they carry', async () => {
  const { bridge, key } = await bridgeWithKey();
  await bridge.ask('POST', '/v1/messages', { key, body: { to: '+14155550142', text: 'do not log me' } });
  await bridge.ask('GET', '/v1/messages?participant=%2B14155550142', { key });
  const lines = bridge.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({ method: 'POST', route: '/v1/messages', status: 202, msg: 'request' }),
  );
  expect(bridge.logLines.join('')).not.toMatch(/4155550142|do not log me|sk_live/);
});
