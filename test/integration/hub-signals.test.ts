import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import type { Core } from '../../bridge/core/types.ts';
import { openStore } from '../../bridge/store/store.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import type { TestCore } from '../support/bridge-core.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../support/postgres.ts';
import { enrolAgent, openLink, testHub } from '../support/test-hub.ts';

const binaries = await postgresBinaries();
let server: PostgresServer | undefined;
beforeAll(async () => {
  server = binaries && (await startPostgres(binaries));
}, 60_000);
afterAll(() => server?.stop());

const HER = '+14155550101';

/** One bridge's core on the database; no timer of it ever fires unless the test moves the clock. */
async function coreOn(
  url: string,
  clock: ManualClock,
): Promise<Pick<TestCore, 'core' | 'store'> & { troubles: unknown[] }> {
  const troubles: unknown[] = [];
  const store = await openStore({ url, clock, onTrouble: (error) => troubles.push(error) });
  onTestFinished(() => store.close());
  return { store, troubles, core: createCore({ store, clock, logger: silentLogger }) };
}

async function two() {
  const url = (await server?.newDatabase()) ?? '';
  const clock = new ManualClock();
  const [here, there] = [await coreOn(url, clock), await coreOn(url, clock)];
  const { liveKey, sandboxKey } = await here.core.createAccount('Test');
  const live = await here.core.authenticate(liveKey);
  const sandbox = await here.core.authenticate(sandboxKey);
  const bridge = await testHub({ core: { ...here, clock, live, sandbox, file: '' } });
  const agent = await enrolAgent(bridge);
  const listeners = async (sql = 'count(*)'): Promise<number> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ n: string }>(
      `select ${sql} as n from pg_stat_activity
       where application_name = 'bluerelay-bridge-listen' and datname = current_database() and query like 'listen %'`,
    );
    await client.end();
    return Number(rows[0]?.n ?? 0);
  };
  // Whoever told before nobody listened was not heard.
  await eventually(async () => (await listeners()) === 1, { within: 30_000, what: 'the listening' });
  const link = await openLink(bridge.url, agent);
  const texts = (): string[] =>
    link.frames.flatMap((frame) =>
      frame.type === 'command' && frame.command.type === 'message.send' ? [frame.command.text ?? ''] : [],
    );
  const order = (core: Core, text: string) => core.sendMessage(live, { to: HER, text });
  return { bridge, clock, there: there.core, troubles: here.troubles, agent, link, texts, order, listeners };
}

test.skipIf(!binaries)(
  'what another bridge on one Postgres stores is sent at once, and found in time where the word of it is lost',
  { timeout: 120_000 },
  async () => {
    const { clock, there, troubles, link, texts, order, listeners } = await two();
    // No clock moves: whatever comes was told.
    for (const text of ['one', 'two', 'three']) await order(there, text);
    await eventually(() => texts().length === 3, { within: 30_000, what: 'what was told' });
    expect(texts()).toEqual(['one', 'two', 'three']);
    link.send({ type: 'ack', seq: 3 });

    // The connection that listens breaks, and its bridge has not noticed or not come back.
    await listeners('count(pg_terminate_backend(pid))');
    await eventually(async () => (await listeners()) === 0, { within: 30_000 });
    await eventually(() => troubles.length === 1, { what: 'that it is told' });
    await order(there, 'four');
    expect(texts()).toHaveLength(3);
    await eventually(
      async () => {
        await clock.advance(5_000);
        return texts().length === 4;
      },
      { within: 30_000, what: 'what was not told' },
    );
    // It listens again by itself.
    await eventually(async () => (await listeners()) === 1, { within: 30_000, what: 'the listening again' });
    await order(there, 'five');
    await eventually(() => texts().length === 5, { within: 30_000, what: 'what was told then' });
    expect(texts()).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(troubles).toHaveLength(1);
  },
);

test.skipIf(!binaries)(
  'what another bridge on one Postgres revokes ends here at once',
  { timeout: 120_000 },
  async () => {
    const { there, agent, link } = await two();
    await there.revokeAgent(agent.agentId);
    expect((await link.waitForClose()).reason).toBe('revoked');
  },
);
