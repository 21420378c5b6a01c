import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import { IDEMPOTENCY_LIFETIME_MS } from '../../bridge/core/idempotency.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { openStore } from '../../bridge/store/store.ts';
import { type TestCore, testAgent, testCore } from '../support/bridge-core.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../support/postgres.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HER = '+14155550101';
const operation = 'POST /v1/messages';
const binaries = await postgresBinaries();

const countOf = async ({ core, live }: Pick<TestCore, 'core' | 'live'>): Promise<number> =>
  (await core.listMessages(live, {}, { limit: 100, cursor: undefined })).messages.length;

function stored(file: string): number {
  const db = new Sqlite(file, { readonly: true });
  try {
    return db.prepare('select count(*) from idempotency_key').pluck().get() as number;
  } finally {
    db.close();
  }
}

describe('a request with an idempotency key', () => {
  test('makes one message however often it comes, and its repeat gets that message as it is now', async () => {
    const bridge = await testCore();
    const { core, live } = bridge;
    const agent = await testAgent(bridge);
    const input = { to: HER, text: 'hi', metadata: { a: '1', b: '2' } };
    const repeatable = { key: 'order 7', operation };
    let wakes = 0;
    core.wakeups.onCommand(() => {
      wakes += 1;
    });
    const first = await core.sendMessage(live, input, repeatable);
    expect(first.replayed).toBe(false);
    const [command] = await core.commandsAfter(agent.agentId, 0, 10);
    await agent.tell({ type: 'message.sent', commandId: command?.id ?? '', guid: 'G', service: 'iMessage' });
    const shuffled = { metadata: { b: '2', a: '1' }, text: 'hi', to: HER, from: undefined };
    const again = await core.sendMessage(live, shuffled, repeatable);
    expect(again).toMatchObject({ replayed: true, message: { id: first.message.id, status: 'sent' } });
    expect(again.timeline).toHaveLength(2);
    expect(await countOf(bridge)).toBe(1);
    expect(wakes).toBe(1);
  });

  test('is told apart by its body, and is another under another operation, account or key', async () => {
    const bridge = await testCore();
    const { core, live } = bridge;
    await testAgent(bridge);
    const repeatable = { key: 'k', operation };
    await core.sendMessage(live, { to: HER, text: 'hi' }, repeatable);
    for (const other of [{ text: 'ho' }, { to: '+14155550102' }, { metadata: {} }, { from: '+14155550100' }])
      await expect(
        core.sendMessage(live, { to: HER, text: 'hi', ...other }, repeatable),
      ).rejects.toMatchObject({ code: 'idempotency_conflict', retry: 'never' });
    expect(await countOf(bridge)).toBe(1);
    await core.sendMessage(live, { to: HER, text: 'hi' }, { key: 'K', operation });
    await core.sendMessage(live, { to: HER, text: 'hi' }, { key: 'k', operation: 'POST /api/send-message' });
    expect(await countOf(bridge)).toBe(3);
    for (const key of ['', 'x'.repeat(256), 'é', 'a\nb'])
      await expect(core.sendMessage(live, { to: HER, text: 'hi' }, { key, operation })).rejects.toMatchObject(
        { code: 'invalid_parameter_value', param: 'Idempotency-Key' },
      );
  });

  test('that was refused keeps no key, so that it may be mended and sent again', async () => {
    const bridge = await testCore();
    const { core, live } = bridge;
    const repeatable = { key: 'k', operation };
    const send = (text: string) => core.sendMessage(live, { to: HER, text }, repeatable);
    await expect(send('hi')).rejects.toMatchObject({ code: 'no_line_available' });
    await testAgent(bridge);
    expect((await send('ho')).replayed).toBe(false);
  });

  test('is a new one after 24 hours, and what is over does not stay stored', async () => {
    const bridge = await testCore();
    const { core, live, clock, file } = bridge;
    await testAgent(bridge);
    const send = async (key: string) =>
      (await core.sendMessage(live, { to: HER, text: 'hi' }, { key, operation })).replayed;
    expect(await send('k')).toBe(false);
    await clock.advance(IDEMPOTENCY_LIFETIME_MS - 1);
    expect(await send('k')).toBe(true);
    await clock.advance(1);
    expect(await send('k')).toBe(false);
    expect(await send('k')).toBe(true);
    for (let i = 0; i < 30; i += 1) await send(`other ${i}`);
    await clock.advance(IDEMPOTENCY_LIFETIME_MS);
    await send('last');
    await send('very last');
    expect(stored(file)).toBe(2);
  });
});

describe.each(['SQLite', 'Postgres'] as const)('over %s', (kind) => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    if (kind === 'Postgres' && binaries) server = await startPostgres(binaries);
  });
  afterAll(() => server?.stop());

  test.skipIf(kind === 'Postgres' && !binaries)(
    '100 equal requests at once, at two bridges, make one message',
    async () => {
      const clock = new ManualClock();
      const url = server ? await server.newDatabase() : `sqlite:${path.join(tempFolder(), 'bridge.db')}`;
      const bridges = [];
      for (let i = 0; i < 2; i += 1) {
        const store = await openStore({ url, clock });
        onTestFinished(() => store.close());
        const core = createCore({ store, clock, logger: createLogger('test', 'silent') });
        bridges.push({ store, core });
      }
      const [one, two] = bridges;
      if (!one || !two) throw new Error('no bridges');
      const { liveKey } = await one.core.createAccount('Test');
      const live = await one.core.authenticate(liveKey);
      const agent = await testAgent({ ...one, clock, live });
      const sent = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          (i % 2 === 0 ? one : two).core.sendMessage(
            live,
            { to: HER, text: 'hi' },
            { key: 'once', operation },
          ),
        ),
      );
      expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
      expect(sent.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await countOf({ core: two.core, live })).toBe(1);
      expect(await two.core.commandsAfter(agent.agentId, 0, 10)).toHaveLength(1);
    },
  );
});
