import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Clock } from '../runtime/clock.ts';
import type { Database, Engine, Session } from './database.ts';
import { PostgresSignals } from './postgres-signals.ts';

/** Connections of one process. */
const POOL_SIZE = 10;
const CONNECT_LIMIT_MS = 10_000;
const STATEMENT_LIMIT_MS = 30_000;
/** How often a transaction that the database broke up is run in all. */
const ATTEMPTS = 5;
/** SQLSTATE: data exception, integrity constraint violation, program limit exceeded. */
const REFUSALS = /^(22|23|54)/;
/** SQLSTATE: serialization failure, deadlock detected. */
const RUN_AGAIN = new Set(['40001', '40P01']);

/** Times and counters are far below 2^53, so that a number holds them. */
const INT8 = pg.types.builtins.INT8;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** Opens a pool on a Postgres URL; TLS is as `sslmode` in the URL says. `onTrouble` as {@link PostgresSignals} has it. */
export function openPostgres(url: string, clock: Clock, onTrouble: (error: unknown) => void): Engine {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    application_name: 'bluerelay-bridge',
    types,
  });
  // The pool drops an idle connection that broke; the next statement opens another, and fails if that is impossible.
  pool.on('error', () => undefined);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const session: Session = { db, dialect: 'postgres' };
  const signals = new PostgresSignals(url, pool, clock, onTrouble);
  return {
    session,
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db
            .transaction()
            .setIsolationLevel('read committed')
            .execute((tx) => work({ db: tx, dialect: 'postgres' }));
        } catch (error) {
          if (attempt === ATTEMPTS || !isConflict(error)) throw error;
        }
      }
    },
    read: (work) => work(session),
    refuses: (error) => error instanceof pg.DatabaseError && REFUSALS.test(error.code ?? ''),
    signals,
    async close() {
      await signals.close();
      await db.destroy();
    },
  };
}

const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code !== undefined && RUN_AGAIN.has(error.code);
