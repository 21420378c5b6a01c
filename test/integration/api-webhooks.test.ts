import { expect, test } from 'vitest';
import { runningBridge } from '../support/running-bridge.ts';

interface WebhookJson {
  id: string;
  url: string;
  events: string[];
  secret?: string;
}

test('a webhook is registered with a secret that is shown once, read, listed and deleted', async () => {
  const bridge = await runningBridge();
  const { liveKey: key } = await bridge.core.createAccount('Test');
  const body = { url: 'https://example.com/hook', events: ['message.read', 'call.*'], description: 'CRM' };
  const made = await bridge.ask<WebhookJson>('POST', '/v1/webhooks', { key, body });
  expect(made.status).toBe(201);
  expect(made.json).toEqual({
    id: expect.stringMatching(/^wh_/),
    url: body.url,
    events: expect.arrayContaining(body.events),
    description: 'CRM',
    enabled: true,
    createdAt: expect.stringMatching(/Z$/),
    mode: 'live',
    secret: expect.stringMatching(/^whsec_.{20,}/),
  });
  const { secret: _, ...shown } = made.json;
  const target = `/v1/webhooks/${made.json.id}`;
  expect((await bridge.ask<WebhookJson>('GET', target, { key })).json).toEqual(shown);
  expect((await bridge.ask('GET', '/v1/webhooks', { key })).json).toEqual({
    data: [shown],
    hasMore: false,
    nextCursor: null,
  });
  expect(await bridge.ask('POST', '/v1/webhooks', { key, body })).toMatchObject({
    status: 409,
    json: { error: { code: 'webhook_duplicate', type: 'conflict_error' } },
  });
  const headers = { 'content-type': 'application/json' };
  expect(await bridge.ask('DELETE', target, { key, headers })).toMatchObject({ status: 204, text: '' });
  expect(await bridge.ask('GET', target, { key })).toMatchObject({ status: 404 });
  expect(await bridge.ask('DELETE', target, { key })).toMatchObject({ status: 404 });
});

test('without events, or with *, a webhook gets all', async () => {
  const bridge = await runningBridge();
  const { liveKey: key } = await bridge.core.createAccount('Test');
  for (const [url, more] of [
    ['https://example.com/1', {}],
    ['https://example.com/2', { events: ['*'] }],
  ] as const)
    expect(await bridge.ask('POST', '/v1/webhooks', { key, body: { url, ...more } })).toMatchObject({
      status: 201,
      json: { events: ['*'], description: null },
    });
  expect(
    await bridge.ask('POST', '/v1/webhooks', { key, body: { url: 'https://example.com/3', events: [] } }),
  ).toMatchObject({ status: 400, json: { error: { param: 'events' } } });
});

test('a bad webhook is refused with the field', async () => {
  const bridge = await runningBridge();
  const { liveKey: key } = await bridge.core.createAccount('Test');
  const url = 'https://example.com/hook';
  const cases: [object, string, string][] = [
    [{}, 'missing_required_parameter', 'url'],
    [{ url: 7 }, 'invalid_parameter_value', 'url'],
    [{ url: 'nonsense' }, 'invalid_url', 'url'],
    [{ url: 'ftp://example.com' }, 'invalid_url', 'url'],
    [{ url: 'http://example.com/hook' }, 'invalid_url', 'url'],
    [{ url: 'https://user:pass@example.com' }, 'invalid_url', 'url'],
    [{ url, events: 'all' }, 'invalid_parameter_value', 'events'],
    [{ url, events: [1] }, 'invalid_parameter_value', 'events[0]'],
    [{ url, events: ['message.lost'] }, 'invalid_parameter_value', 'events'],
    [{ url, secret: 'mine' }, 'invalid_parameter_value', 'secret'],
    [{ url, description: 'a\0' }, 'invalid_parameter_value', 'description'],
  ];
  for (const [body, code, param] of cases) {
    const answer = await bridge.ask('POST', '/v1/webhooks', { key, body });
    expect(answer.json.error, JSON.stringify(body)).toMatchObject({ code, param });
    expect(answer.status).toBe(400);
  }
  expect((await bridge.ask('GET', '/v1/webhooks', { key })).json).toMatchObject({ data: [] });
});
