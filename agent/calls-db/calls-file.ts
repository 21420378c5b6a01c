import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import { type CallShape, findShape, historyVersion } from './shape.ts';

/** One record with the handles that are joined to it. */
export interface StoredCall {
  pk: number;
  uuid: string;
  /** When it began, in seconds since 2001. */
  date: number | null;
  duration: number | null;
  originated: number | null;
  answered: number | null;
  type: number | null;
  provider: string | null;
  cause: number | null;
  address: string | Buffer | null;
  /** JSON array of the handles of the other side. */
  handles: string | null;
}

/** An open call history. */
export interface CallsFile {
  /** Device and inode. */
  readonly file: string;
  /** Records above a primary key, lowest first. */
  after(pk: number, limit: number): StoredCall[];
  uuidAt(pk: number): string | undefined;
  /** Highest primary key of a record ever given out. */
  highWater(): number;
  /** Another number after each commit of another connection. */
  dataVersion(): number;
  /** Whether the path still leads to this database, with the same schema. */
  isCurrent(): boolean;
  close(): void;
}

/** How long SQLite itself may wait for a lock, in milliseconds. */
const BUSY_MS = 20;

/**
 * Opens the call history for reading. Throws AppError `call_history_missing`, `full_disk_access_missing` or
 * `call_history_unreadable`.
 */
export function openCallsFile(databasePath: string): CallsFile {
  let db: Database.Database | undefined;
  try {
    const file = inode(databasePath);
    if (file === null) throw missing();
    db = new Database(databasePath, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    const shape = findShape(db);
    if (!shape) throw unreadable();
    return connection(db, shape, databasePath, file);
  } catch (error) {
    db?.close();
    throw historyError(error);
  }
}

function connection(db: Database.Database, shape: CallShape, databasePath: string, file: string): CallsFile {
  const version = historyVersion(db);
  const after = db.prepare<[number, number], StoredCall>(
    `${shape.select} WHERE c.Z_PK > ? ORDER BY c.Z_PK LIMIT ?`,
  );
  const uuidAt = db
    .prepare<[number], string>("SELECT coalesce(ZUNIQUE_ID, 'pk:' || Z_PK) FROM ZCALLRECORD WHERE Z_PK = ?")
    .pluck();
  const highWater = db.prepare<[], number>(shape.highWater).pluck();
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  return {
    file,
    after: (pk, limit) => after.all(pk, limit),
    uuidAt: (pk) => uuidAt.get(pk),
    highWater: () => highWater.get() ?? 0,
    dataVersion: () => dataVersion.get() ?? 0,
    isCurrent: () => inode(databasePath) === file && historyVersion(db) === version,
    close: () => {
      db.close();
    },
  };
}

function inode(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

const missing = (): AppError =>
  new AppError('the call history is not there', {
    code: 'call_history_missing',
    retry: 'later',
    hint: 'It comes with the first call; the agent waits for it.',
  });

const unreadable = (cause?: unknown): AppError =>
  new AppError('the call history cannot be read', {
    code: 'call_history_unreadable',
    retry: 'later',
    hint: 'It may be locked, or of a macOS that this version does not know; the agent tries again.',
    details: { reason: cause === undefined ? 'no table of call records' : errorCode(cause) },
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
export function historyError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  if (!REFUSALS.has(code)) return unreadable(error);
  return new AppError('macOS refuses access to the call history', {
    code: 'full_disk_access_missing',
    retry: 'after-fix',
    hint: 'Allow the agent in System Settings, Privacy & Security, Full Disk Access; it tries again by itself.',
    details: { reason: code },
    cause: error,
  });
}

/** Whether the database is only busy: the same connection will do a little later. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));
