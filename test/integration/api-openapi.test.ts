import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../bridge/api/api.ts';
import { isoTime, systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { HER, photo, received, where } from '../support/fact-bed.ts';
import { lineState } from '../support/line-state.ts';
import { newPublicKey, type RunningBridge, runningBridge } from '../support/running-bridge.ts';

type Schema = Record<string, unknown>;
interface Operation {
  operationId: string;
  summary: string;
  security: Record<string, unknown>[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { description: string; content?: { 'application/json'?: { schema: Schema } } }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
}

const REF = '#/components/schemas/';

/** Puts what a `$ref` names in its place. */
function resolved(document: Document, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(document, item));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) {
    const name = String(value.$ref);
    expect(name.startsWith(REF), name).toBe(true);
    const schema = document.components.schemas[name.slice(REF.length)];
    expect(schema, name).toBeDefined();
    return resolved(document, schema);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(document, inner)]));
}

/** The same schema with every object closed, so that a field which the document does not know fails. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}

const operationsOf = (document: Document): [string, string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      method.toUpperCase(),
      path,
      operation,
    ]),
  );

test('the document is whole: every reference resolves, every operation is described', async () => {
  const bridge = await runningBridge();
  const { status, json: document } = await bridge.ask<Document>('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.servers).toEqual([{ url: '/', description: expect.any(String) }]);
  expect(document.components.securitySchemes).toMatchObject({
    apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  });
  resolved(document, document.paths);
  const operations = operationsOf(document);
  expect(new Set(operations.map(([, , { operationId }]) => operationId)).size).toBe(operations.length);
  for (const [method, path, operation] of operations) {
    const where = `${method} ${path}`;
    expect(operation.summary, where).toMatch(/\w+/);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(
      declared.map(({ name }) => name),
      where,
    ).toEqual(named);
    for (const answer of Object.values(operation.responses)) expect(answer.description, where).toMatch(/\w/);
    expect(operation.security, where).toEqual(path.startsWith('/v1/') ? [{ apiKey: [] }] : []);
    if (path.startsWith('/v1/'))
      expect(operation.responses['401']?.description, where).toContain('`invalid_api_key`');
    if (method === 'POST')
      expect(operation.responses['400']?.description, where).toContain('`invalid_parameter_value`');
  }
});

test('every route is in the document, and no other', async () => {
  const bridge = await runningBridge();
  const { json: document } = await bridge.ask<Document>('GET', '/openapi.json');
  const operations = operationsOf(document).map(([method, path]) => `${method} ${path}`);
  expect(operations.sort()).toEqual(
    [
      'DELETE /v1/webhooks/{id}',
      'GET /healthz',
      'GET /readyz',
      'GET /agent/media/{mediaId}',
      'GET /v1/calls',
      'GET /v1/calls/{id}',
      'GET /v1/groups',
      'GET /v1/groups/{id}',
      'GET /v1/media/{id}',
      'GET /v1/media/{id}/content',
      'POST /agent/media/{mediaId}',
      'POST /v1/media',
      'GET /v1/operations/{id}',
      'POST /v1/calls',
      'POST /v1/calls/{id}/end',
      'POST /v1/conversations/{participant}/read',
      'POST /v1/conversations/{participant}/typing',
      'POST /v1/groups',
      'POST /v1/lookup',
      'POST /v1/messages/react',
      'POST /v1/messages/{id}/unsend',
      'PUT /v1/messages/{id}',
      'GET /v1/lines',
      'GET /v1/lines/{id}',
      'GET /v1/lines/{id}/usage',
      'GET /v1/messages',
      'GET /v1/messages/{id}',
      'GET /v1/webhooks',
      'GET /v1/webhooks/{id}',
      'POST /agent/enrol',
      'POST /agent/key',
      'PUT /v1/lines/{id}/ban',
      'GET /v1/conversations',
      'POST /v1/messages',
      'POST /v1/webhooks',
    ].sort(),
  );
  for (const path of Object.keys(document.paths)) {
    const answer = await bridge.ask('OPTIONS', path.replace(/\{\w+\}/, 'x'));
    expect(answer.status, path).toBe(405);
    const allowed = (answer.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD');
    const documented = Object.keys(document.paths[path] ?? {}).map((method) => method.toUpperCase());
    expect(allowed, path).toEqual(documented.sort());
  }
});

const BYTES = [
  'POST /agent/key',
  'GET /agent/media/{mediaId}',
  'GET /v1/media/{id}/content',
  'POST /agent/media/{mediaId}',
];

/** Lets the Mac of the account tell of a message with everything, in a group, and of a call. */
async function tellAll({ core }: RunningBridge, accountId: string): Promise<void> {
  const agentId = (await core.listAgents(accountId))[0]?.id ?? '';
  await core.openSession(agentId, { sessionId: 's', journalId: 'j', commandAck: 0 });
  const at = isoTime(Date.now());
  await core.recordEvent(agentId, 's', 1, {
    ...received,
    conversation: { kind: 'group', identifier: 'chat1' },
    text: 'all kinds',
    runs: [{ start: 0, length: 3, kind: 'link', value: 'https://example.com/' }],
    attachments: [photo],
    replyTo: { guid: 'X', part: 0 },
    effect: 'slam',
    app: { bundleId: 'x', name: 'other' },
  });
  await core.recordEvent(agentId, 's', 2, {
    ...where,
    type: 'reaction.added',
    guid: 'R1',
    from: null,
    target: { guid: received.guid, part: 0 },
    reaction: 'emoji',
    emoji: '🦊',
  });
  await core.recordEvent(agentId, 's', 3, {
    type: 'call.failed',
    direction: 'outbound',
    kind: 'video',
    handle: HER,
    at,
    error: { code: 'unknown', message: 'x' },
  });
  await core.recordEvent(agentId, 's', 4, lineState(at));
}

test('every event is described, and what is described is what is posted', async () => {
  const bridge = await runningBridge();
  const { account, liveKey: key } = await bridge.core.createAccount('Test');
  await bridge.enrol(account.id);
  await bridge.ask('POST', '/v1/webhooks', { key, body: { url: 'https://example.com/hook' } });
  const { json: document } = await bridge.ask<Document>('GET', '/openapi.json');
  expect(Object.keys(document.webhooks)).toHaveLength(29);
  resolved(document, document.webhooks);
  await tellAll(bridge, account.id);
  const due = await bridge.store.leaseDueDeliveries(Date.now(), 1_000, 10);
  expect(due.length).toBeGreaterThan(0);
  for (const { event } of due) {
    const schema = document.webhooks[event.type]?.post?.requestBody?.content['application/json'].schema;
    z.fromJSONSchema(closed(resolved(document, schema)) as z.core.JSONSchema.JSONSchema).parse(
      JSON.parse(event.payload),
    );
  }
});

/** Lets the Mac, after all that, tell that the first message left. */
async function tellSent({ core }: RunningBridge, accountId: string): Promise<void> {
  const agentId = (await core.listAgents(accountId))[0]?.id ?? '';
  const [command] = await core.commandsAfter(agentId, 0, 1);
  await core.recordEvent(agentId, 's', 5, {
    type: 'message.sent',
    commandId: command?.id ?? '',
    guid: 'SENT',
    service: 'iMessage',
    at: isoTime(Date.now()),
  });
}

type Check = <Body>(method: string, path: string, target: string, body?: unknown) => Promise<Body>;

/** Asks for everything that can be asked of a line beside sending. */
async function checkActions(check: Check, ownId: string): Promise<void> {
  const { data } = await check<{ data: { id: string; direction: string }[] }>(
    'GET',
    '/v1/messages',
    '/v1/messages?direction=inbound',
  );
  const messageId = data[0]?.id;
  const { operation } = await check<{ operation: { id: string } }>(
    'POST',
    '/v1/messages/react',
    '/v1/messages/react',
    { messageId, reaction: 'love' },
  );
  await check('GET', '/v1/operations/{id}', `/v1/operations/${operation.id}`);
  await check('GET', '/v1/messages/{id}', `/v1/messages/${messageId}`);
  await check('PUT', '/v1/messages/{id}', `/v1/messages/${messageId}`, { text: 'x' });
  await check('PUT', '/v1/messages/{id}', `/v1/messages/${ownId}`, { text: 'x' });
  const unsend = '/v1/messages/{id}/unsend';
  await check('POST', unsend, `/v1/messages/${messageId}/unsend`);
  await check('POST', unsend, `/v1/messages/${ownId}/unsend`);
  await check('POST', unsend, `/v1/messages/${ownId}/unsend`);
  const to = encodeURIComponent('+14155550101');
  const typing = '/v1/conversations/{participant}/typing';
  await check('POST', typing, `/v1/conversations/${to}/typing`, { state: 'on' });
  await check('POST', '/v1/conversations/{participant}/read', `/v1/conversations/${to}/read`);
  const participants = ['+14155550101', '+14155550102'];
  await check('POST', '/v1/groups', '/v1/groups', { participants, text: 'hi' });
  await check('GET', '/v1/groups', '/v1/groups');
  const call = await check<{ id: string }>('POST', '/v1/calls', '/v1/calls', { to: '+14155550101' });
  await check('POST', '/v1/calls/{id}/end', `/v1/calls/${call.id}/end`);
  await check('POST', '/v1/calls', '/v1/calls', { to: '+14155550101' });
  await check('POST', '/v1/lookup', '/v1/lookup', { phoneNumbers: ['+14155550101', 'nobody'] });
}

test('real answers are of the documented shapes', async () => {
  const bridge = await runningBridge();
  const { account, liveKey: key } = await bridge.core.createAccount('Test');
  const { json: document } = await bridge.ask<Document>('GET', '/openapi.json');
  const asked = new Set<string>();
  const check = async <Body>(method: string, path: string, target: string, body?: unknown): Promise<Body> => {
    const answer = await bridge.ask<Body>(method, target, {
      key,
      ...(body === undefined ? {} : { body }),
    });
    const operation = document.paths[path]?.[method.toLowerCase()];
    const documented = operation?.responses[String(answer.status)];
    expect(documented, `${method} ${path} ${answer.status}: ${answer.text}`).toBeDefined();
    const schema = documented?.content?.['application/json']?.schema;
    if (schema)
      z.fromJSONSchema(closed(resolved(document, schema)) as z.core.JSONSchema.JSONSchema).parse(answer.json);
    else expect(answer.text).toBe('');
    if (answer.status < 400) asked.add(`${method} ${path}`);
    return answer.json;
  };
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const { line } = await check<{ line: { id: string } }>('POST', '/agent/enrol', '/agent/enrol', {
    token,
    publicKey: newPublicKey(),
    name: 'Mac',
    handle: '+14155550100',
  });
  const message = await check<{ id: string }>('POST', '/v1/messages', '/v1/messages', {
    to: '+14155550101',
    text: 'hello',
    metadata: { order: '7' },
  });
  await check('POST', '/v1/messages', '/v1/messages', { to: '+14155550101' });
  await check('POST', '/v1/messages', '/v1/messages', '{');
  await check('POST', '/v1/messages', '/v1/messages', { to: '+14155550101', text: 'x'.repeat(300_000) });
  await check('GET', '/v1/messages', '/v1/messages?limit=5');
  await check('GET', '/v1/messages', '/v1/messages?limit=500');
  await check('GET', '/v1/messages/{id}', `/v1/messages/${message.id}`);
  await check('GET', '/v1/messages/{id}', '/v1/messages/msg_0');
  const webhook = await check<{ id: string }>('POST', '/v1/webhooks', '/v1/webhooks', {
    url: 'https://example.com/hook',
  });
  await check('POST', '/v1/webhooks', '/v1/webhooks', { url: 'https://example.com/hook' });
  await check('GET', '/v1/webhooks', '/v1/webhooks');
  await check('GET', '/v1/webhooks/{id}', `/v1/webhooks/${webhook.id}`);
  await check('DELETE', '/v1/webhooks/{id}', `/v1/webhooks/${webhook.id}`);
  await check('GET', '/v1/lines', '/v1/lines');
  await check('GET', '/v1/lines/{id}', `/v1/lines/${line.id}`);
  await tellAll(bridge, account.id);
  await check('GET', '/v1/lines/{id}', `/v1/lines/${line.id}`);
  await check('GET', '/v1/lines/{id}/usage', `/v1/lines/${line.id}/usage`);
  await check('GET', '/v1/lines/{id}/usage', `/v1/lines/${line.id}/usage?from=x`);
  for (const kind of ['calls', 'groups'] as const) {
    const { data } = await check<{ data: { id: string }[] }>('GET', `/v1/${kind}`, `/v1/${kind}`);
    await check('GET', `/v1/${kind}/{id}`, `/v1/${kind}/${data[0]?.id}`);
    await check('GET', `/v1/${kind}/{id}`, `/v1/${kind}/${kind}_0`);
  }
  await check('GET', '/v1/messages', '/v1/messages?q=all%20kinds');
  await check('GET', '/v1/conversations', '/v1/conversations?limit=1');
  await check('GET', '/v1/conversations', '/v1/conversations?participant=grp_none');
  await check('PUT', '/v1/lines/{id}/ban', `/v1/lines/${line.id}/ban`, { status: 'none' });
  await check('PUT', '/v1/lines/{id}/ban', `/v1/lines/${line.id}/ban`, { status: 'x' });
  const media = await check<{ id: string }>('POST', '/v1/media', '/v1/media', 'bytes');
  await check('GET', '/v1/media/{id}', `/v1/media/${media.id}`);
  await tellSent(bridge, account.id);
  await checkActions(check, message.id);
  await check('GET', '/healthz', '/healthz');
  await check('GET', '/readyz', '/readyz');
  const all = operationsOf(document).map(([method, path]) => `${method} ${path}`);
  // What takes signatures of agents, and what sends bytes at all, has its own tests.
  expect([...asked, ...BYTES].sort()).toEqual(all.sort());
});

test('the document that is printed is the one that is served', async () => {
  const bridge = await runningBridge();
  const { json } = await bridge.ask<Document>('GET', '/openapi.json');
  expect(
    JSON.parse(JSON.stringify(await openApiDocument(systemClock, createLogger('test', 'silent')))),
  ).toEqual(json);
});
