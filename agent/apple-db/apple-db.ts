import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';

/** How long SQLite itself may wait for a lock; longer waits are ours, so that the process goes on meanwhile. */
const BUSY_MS = 20;

/** How trouble with one database of Apple is told. */
export interface DatabaseWords {
  /** As a sentence begins with it. */
  name: string;
  missing: { code: string; hint: string };
  unreadable: { code: string; hint: string };
}

/** An open database that somebody else writes. */
export interface AppleDb {
  readonly db: Database.Database;
  /** Device, inode and birth of the database: an inode alone is given to the next file once its own is gone. */
  readonly file: string;
  /** Another number after each commit of another connection. */
  dataVersion(): number;
  /** Whether the path still leads to the same database and the same WAL, with the same schema. */
  isCurrent(): boolean;
  close(): void;
}

/**
 * Opens a database of Apple for reading; never as immutable, which would skip its WAL. `prepare` makes what its reader
 * asks of it, or throws. Throws an AppError: `missing` of the words when the file is not there,
 * `full_disk_access_missing` when macOS refuses it, `unreadable` otherwise.
 */
export function openAppleDb<Prepared extends object>(
  databasePath: string,
  words: DatabaseWords,
  prepare: (db: Database.Database) => Prepared,
): AppleDb & Prepared {
  let db: Database.Database | undefined;
  try {
    const found = identityOf(databasePath);
    if (found === null) throw missing(words);
    db = new Database(databasePath, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
    const prepared = prepare(db);
    dataVersion.get();
    return {
      ...prepared,
      db,
      file: `${found.inode}:${found.birth}`,
      dataVersion: () => dataVersion.get() ?? 0,
      isCurrent: currency(db, databasePath, found.inode),
      close: closer(db),
    };
  } catch (error) {
    db?.close();
    throw accessError(error, words);
  }
}

const closer = (db: Database.Database) => (): void => {
  db.close();
};

/** While they are open, their inodes are theirs. */
function currency(db: Database.Database, databasePath: string, file: string): () => boolean {
  const version = db.prepare<[], number>('PRAGMA schema_version').pluck();
  const schema = version.get();
  let wal = inode(`${databasePath}-wal`);
  return () => {
    if (inode(databasePath) !== file) return false;
    const now = inode(`${databasePath}-wal`);
    // SQLite makes the WAL when it is first needed; only another one in its place is unknown to this connection.
    if (wal === null) wal = now;
    return now === wal && version.get() === schema;
  };
}

/** Which file it is: device and inode, and when it was made. Null when it is not there; throws what else stat throws. */
function identityOf(file: string): { inode: string; birth: bigint } | null {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat ? { inode: `${stat.dev}:${stat.ino}`, birth: stat.birthtimeNs } : null;
}

const inode = (file: string): string | null => identityOf(file)?.inode ?? null;

const missing = ({ name, missing }: DatabaseWords): AppError =>
  new AppError(`${name} is not there`, { ...missing, retry: 'later' });

/** `reason`: an error of SQLite or of the file system, or what the file lacks. */
export const unreadable = ({ name, unreadable }: DatabaseWords, reason: unknown): AppError =>
  new AppError(`${name} cannot be read`, {
    ...unreadable,
    retry: 'later',
    details: { reason: typeof reason === 'string' ? reason : errorCode(reason) },
    ...(typeof reason === 'string' ? {} : { cause: reason }),
  });

const REFUSALS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'SQLITE_CANTOPEN',
  'SQLITE_AUTH',
  'SQLITE_PERM',
]);

/** Errors of SQLite and of the file system as the AppError that says what to do. */
export function accessError(error: unknown, words: DatabaseWords): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  if (!REFUSALS.has(code)) return unreadable(words, error);
  return new AppError(`macOS refuses access to ${words.name}`, {
    code: 'full_disk_access_missing',
    retry: 'after-fix',
    hint: 'Allow the agent in System Settings, Privacy & Security, Full Disk Access; it tries again by itself.',
    details: { reason: code },
    cause: error,
  });
}

/** Whether the database is only busy: the same connection will do a little later. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));
