import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely';
import { systemClock } from '../runtime/clock.ts';
import { makeFolder } from '../runtime/make-folder.ts';
import type { Database, Engine, Session } from './database.ts';
import { claimFile } from './sqlite-file.ts';

/** How long SQLite itself waits for another process's lock; it stops this process meanwhile, hence so short. */
const DRIVER_WAIT_MS = 100;
/** How long a lock is waited for in all, with other work going on in between. */
const LOCK_WAIT_MS = 5_000;
const LOCK_RETRY_MS = 20;
/** Statements that are kept prepared: all that there are, and those for lists of some lengths. */
const MOST_STATEMENTS = 500;
const REFUSALS = /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/;

/**
 * Opens or makes an SQLite file (0600; a folder that has to be made is 0700). Statements of one process run one after
 * the other on one connection; other processes may have the same file open. Throws `store_unavailable` for a file that
 * is no database.
 */
export async function openSqlite(file: string): Promise<Engine> {
  const absolute = path.resolve(file);
  makeFolder(path.dirname(absolute));
  claimFile(absolute);
  const sqlite = new Sqlite(absolute, { timeout: DRIVER_WAIT_MS });
  try {
    await whileBusy(() => sqlite.pragma('journal_mode = WAL'));
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: keepingStatements(sqlite) }) });
  const session: Session = { db, dialect: 'sqlite' };
  return {
    session,
    transaction: (work) =>
      db.connection().execute(async (connection) => {
        // A transaction that begins as a reader cannot wait for its turn to write.
        await whileBusy(() => sql`begin immediate`.execute(connection));
        try {
          const result = await work({ db: connection, dialect: 'sqlite' });
          await sql`commit`.execute(connection);
          return result;
        } catch (error) {
          // SQLite has rolled back by itself after some errors, such as a full disk.
          if (sqlite.inTransaction) await sql`rollback`.execute(connection);
          throw error;
        }
      }),
    read: (work) => whileBusy(() => work(session)),
    // Processes on one file look into it now and then.
    signals: { signal: () => undefined, onSignal: () => () => undefined },
    refuses: (error) => error instanceof Sqlite.SqliteError && REFUSALS.test(error.code),
    close: () => db.destroy(),
  };
}

/** The same database, which prepares a statement once as long as it is used now and then. */
function keepingStatements(sqlite: Sqlite.Database): SqliteDatabase {
  const kept = new Map<string, Sqlite.Statement<unknown[]>>();
  return {
    close: () => void sqlite.close(),
    prepare(text) {
      const statement = kept.get(text) ?? sqlite.prepare<unknown[]>(text);
      kept.delete(text);
      kept.set(text, statement);
      const [oldest] = kept.keys();
      if (kept.size > MOST_STATEMENTS && oldest !== undefined) kept.delete(oldest);
      return statement;
    },
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');

/** Tries again while another process has the lock, for {@link LOCK_WAIT_MS} at most. */
async function whileBusy<T>(work: () => T | Promise<T>): Promise<T> {
  const end = systemClock.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || systemClock.now() >= end) throw error;
      await systemClock.sleep(Math.ceil(Math.random() * LOCK_RETRY_MS));
    }
  }
}
