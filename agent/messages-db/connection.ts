import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Queries } from './queries.ts';
import { prepareQueries } from './queries.ts';
import type { Schema } from './schema.ts';
import { probeSchema } from './schema.ts';

/** How long SQLite itself may wait for a lock; longer waits are ours, so that the process goes on meanwhile. */
const BUSY_MS = 20;

/** An open chat.db. */
export interface Connection extends Queries {
  readonly schema: Schema;
  /** For statements beside those of the tail. */
  readonly db: Database.Database;
  /** Device and inode of the database. */
  readonly file: string;
  /** Whether the path still leads to the same database and the same WAL, with the same schema. */
  isCurrent(): boolean;
  close(): void;
}

/**
 * Opens chat.db for reading; never as immutable, which would skip its WAL. Throws an AppError: `messages_db_missing`
 * when the file is not there, `full_disk_access_missing` when macOS refuses it, `messages_db_unreadable` otherwise.
 */
export function connect(databasePath: string): Connection {
  let db: Database.Database | undefined;
  try {
    const file = inode(databasePath);
    if (file === null) throw missing();
    db = new Database(databasePath, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    const schema = probeSchema(db);
    if (!schema.has('message', 'guid')) throw unreadable();
    const queries = prepareQueries(db, schema);
    queries.dataVersion();
    const wal = inode(`${databasePath}-wal`);
    return {
      ...queries,
      schema,
      db,
      file,
      isCurrent: currency(db, schema, databasePath, file, wal),
      close: closer(db),
    };
  } catch (error) {
    db?.close();
    throw accessError(error);
  }
}

const closer = (db: Database.Database) => (): void => {
  db.close();
};

function currency(
  db: Database.Database,
  schema: Schema,
  databasePath: string,
  file: string,
  walAtOpen: string | null,
): () => boolean {
  let wal = walAtOpen;
  const version = db.prepare<[], number>('PRAGMA schema_version').pluck();
  return () => {
    if (inode(databasePath) !== file) return false;
    const now = inode(`${databasePath}-wal`);
    // SQLite makes the WAL when it is first needed; only another one in its place is unknown to this connection.
    if (wal === null) wal = now;
    return now === wal && version.get() === schema.version;
  };
}

/** Device and inode of a file; null when it is not there. Throws what else stat throws. */
function inode(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

const missing = (): AppError =>
  new AppError('chat.db is not there', {
    code: 'messages_db_missing',
    retry: 'later',
    hint: 'Open Messages once and sign in; the agent waits for its database.',
  });

const unreadable = (cause?: unknown): AppError =>
  new AppError('chat.db cannot be read', {
    code: 'messages_db_unreadable',
    retry: 'later',
    hint: 'It may be locked or half restored; the agent tries again.',
    details: { reason: cause === undefined ? 'no message table' : errorCode(cause) },
    cause,
  });

const REFUSALS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'SQLITE_CANTOPEN',
  'SQLITE_AUTH',
  'SQLITE_PERM',
]);

/** Errors of SQLite and of the file system as the AppError that says what to do. */
export function accessError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  if (!REFUSALS.has(code)) return unreadable(error);
  return new AppError('macOS refuses access to chat.db', {
    code: 'full_disk_access_missing',
    retry: 'after-fix',
    hint: 'Allow the agent in System Settings, Privacy & Security, Full Disk Access; it tries again by itself.',
    details: { reason: code },
    cause: error,
  });
}

/** Whether the database is only busy: the same connection will do a little later. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));
