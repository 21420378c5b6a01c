import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ActionWorld, actionWorld, HER } from '../support/action-world.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../support/postgres.ts';

/** Equal requests at once: of these operations a hundred, of all others fewer. */
const CROWDED = ['POST /v1/messages', 'POST /v1/messages/react', 'POST /v1/webhooks'];
const crowdOf = (name: string): number => (CROWDED.includes(name) ? 100 : 20);

interface Asked {
  path: string;
  body?: unknown;
  /** With the same key another request; absent where there is none. */
  other?: unknown;
  headers?: Record<string, string>;
}

const there = encodeURIComponent(HER);
const file = { 'content-type': 'application/octet-stream', 'x-filename': 'a.txt' };

/** A request for each operation that changes something, by its name in the OpenAPI document, in an order that works. */
const requests: Record<string, (world: ActionWorld) => Promise<Asked>> = {
  'PUT /v1/messages/{id}': async (world) => ({
    path: `/v1/messages/${(await world.sent()).id}`,
    body: { text: 'a' },
    other: { text: 'b' },
  }),
  'POST /v1/messages/react': async (world) => {
    const messageId = (await world.sent()).id;
    const [body, other] = ['love', 'like'].map((reaction) => ({ messageId, reaction }));
    return { path: '/v1/messages/react', body, other };
  },
  'POST /v1/messages/{id}/unsend': async (world) => ({
    path: `/v1/messages/${(await world.sent()).id}/unsend`,
    body: {},
  }),
  'POST /v1/messages': async () => ({
    path: '/v1/messages',
    body: { to: HER, text: 'a' },
    other: { to: HER, text: 'b' },
  }),
  'POST /v1/webhooks': async () => ({
    path: '/v1/webhooks',
    body: { url: 'https://example.com/a' },
    other: { url: 'https://example.com/b' },
  }),
  'DELETE /v1/webhooks/{id}': async ({ post }) => {
    const { json } = await post('/v1/webhooks', { url: 'https://example.com/c' });
    return { path: `/v1/webhooks/${json.id}` };
  },
  'POST /v1/conversations/{participant}/typing': async () => ({
    path: `/v1/conversations/${there}/typing`,
    body: { state: 'on' },
    other: { state: 'off' },
  }),
  'POST /v1/conversations/{participant}/read': async () => ({
    path: `/v1/conversations/${there}/read`,
    body: {},
  }),
  'POST /v1/calls': async () => ({
    path: '/v1/calls',
    body: { to: HER, type: 'audio' },
    other: { to: HER, type: 'video' },
  }),
  'POST /v1/calls/{id}/end': async ({ bridge, key }) => {
    const { json } = await bridge.ask<{ data: { id: string }[] }>('GET', '/v1/calls', { key });
    return { path: `/v1/calls/${json.data[0]?.id}/end`, body: {} };
  },
  'POST /v1/groups': async () => ({
    path: '/v1/groups',
    body: { participants: [HER, '+14155550102'], text: 'a' },
    other: { participants: [HER, '+14155550102'], text: 'b' },
  }),
  'POST /v1/media': async () => ({ path: '/v1/media', body: 'bytes', other: 'other', headers: file }),
  'POST /v1/lookup': async () => ({
    path: '/v1/lookup',
    body: { phoneNumber: HER },
    other: { phoneNumber: '+14155550102' },
  }),
  'PUT /v1/lines/{id}/ban': async ({ agent }) => ({
    path: `/v1/lines/${agent.line.id}/ban`,
    body: { status: 'banned' },
    other: { status: 'none' },
  }),
};

const binaries = await postgresBinaries();
let server: PostgresServer | undefined;
beforeAll(async () => {
  server = binaries && (await startPostgres(binaries));
});
afterAll(() => server?.stop());

describe.each(['SQLite', 'Postgres'])('on %s', (kind) => {
  test.skipIf(kind === 'Postgres' && binaries === undefined)(
    'every operation that changes something does it once for equal requests at once, and refuses another with the key',
    { timeout: 180_000 },
    async () => {
      const world = await actionWorld({
        storeUrl: kind === 'SQLite' ? undefined : await server?.newDatabase(),
      });
      const { bridge, key, agent } = world;
      const { json: document } = await bridge.ask<{ paths: Record<string, Record<string, unknown>> }>(
        'GET',
        '/openapi.json',
      );
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        path.startsWith('/v1/')
          ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
          : [],
      );
      expect(Object.keys(requests).sort()).toEqual(
        operations.filter((name) => !name.startsWith('GET')).sort(),
      );
      for (const [name, prepare] of Object.entries(requests)) {
        const [method = ''] = name.split(' ');
        const { path, body, other, headers } = await prepare(world);
        const before = agent.count();
        const ask = (asked: unknown) =>
          bridge.ask<{ error?: { code: string } }>(method, path, {
            key,
            headers: { ...headers, 'idempotency-key': `of ${name}` },
            ...(asked === undefined ? {} : { body: asked }),
          });
        const answers = await Promise.all(Array.from({ length: crowdOf(name) }, () => ask(body)));
        const replays = answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true');
        expect(replays.length, `${name}: ${answers[0]?.text}`).toBe(crowdOf(name) - 1);
        expect(
          answers.every(({ status }) => status >= 200 && status < 300),
          name,
        ).toBe(true);
        const made = new Set(answers.map(({ json }) => (json as { id?: string } | null)?.id));
        expect(made.size, name).toBe(1);
        expect(agent.count() - before, name).toBeLessThanOrEqual(1);
        if (other !== undefined)
          expect((await ask(other)).json?.error?.code, name).toBe('idempotency_conflict');
        for (const bad of ['', 'x'.repeat(256), 'é']) {
          const refused = await bridge.ask(method, path, {
            key,
            headers: { ...headers, 'idempotency-key': bad },
            ...(body === undefined ? {} : { body }),
          });
          expect([refused.status, refused.json.error.param], name).toEqual([400, 'Idempotency-Key']);
        }
      }
    },
  );
});
