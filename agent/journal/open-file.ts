import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { migrateJournal } from './migrations.ts';

/** SQLite's page size unless told otherwise. */
const PAGE_BYTES = 4096;

/**
 * Largest journal. At the bound nothing is dropped: changes stay in chat.db and commands with the bridge until
 * acknowledged events make room.
 */
const MAX_BYTES = 2 * 1024 ** 3;

/** Of a larger journal indexes are not compared with their tables at the start: that would take seconds. */
const WHOLE_CHECK_BYTES = 64 * 1024 ** 2;

/** How long a statement waits for another process that reads the file, in milliseconds. */
const BUSY_MS = 5_000;

const CORRUPT = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);
/** The second: there is no room for the file that SQLite shares beside a WAL. */
const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);

/** An error of SQLite in the agent's words; AppErrors pass as they are. */
export function journalError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Database.SqliteError ? error.code : undefined;
  if (code !== undefined && CORRUPT.has(code))
    return new AppError('The journal is damaged', {
      code: 'journal_corrupt',
      ...agentErrors.journal_corrupt,
      cause: error,
    });
  if (code !== undefined && FULL.has(code))
    return new AppError('There is no room for the journal', {
      code: 'disk_full',
      ...agentErrors.disk_full,
      cause: error,
    });
  return new AppError(`The journal cannot be used${code ? `: ${code}` : ''}`, {
    code: 'journal_unavailable',
    ...agentErrors.journal_unavailable,
    details: code ? { sqlite: code } : {},
    cause: error,
  });
}

/**
 * Opens or makes the file (0600), checks it and brings its schema up to date.
 * Every commit is on the disk when it returns. Throws AppError `journal_unavailable`, `disk_full`,
 * `journal_corrupt` or `journal_too_new`.
 */
export function openJournalFile(file: string, maxBytes = MAX_BYTES): Database.Database {
  let db: Database.Database | undefined;
  try {
    // SQLite gives its -wal and -shm files the mode of the file itself.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    db = new Database(file, { timeout: BUSY_MS });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('trusted_schema = OFF');
    db.pragma(`max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`);
    // What is erased is overwritten: texts do not linger in free pages.
    db.pragma('secure_delete = ON');
    const isLarge = statSync(file).size > WHOLE_CHECK_BYTES;
    const check = db.pragma(isLarge ? 'quick_check(1)' : 'integrity_check(1)', { simple: true });
    if (check !== 'ok')
      throw new AppError('The journal is damaged', {
        code: 'journal_corrupt',
        ...agentErrors.journal_corrupt,
      });
    migrateJournal(db);
    return db;
  } catch (error) {
    db?.close();
    throw journalError(error);
  }
}

/**
 * A value of the table `meta` of a journal that another program may have open; undefined where there is no journal, or no
 * such value. Changes nothing. Throws as {@link openJournalFile} does.
 */
export function readMeta(file: string, name: string): string | undefined {
  if (!existsSync(file)) return undefined;
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    return db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck().get(name);
  } catch (error) {
    throw journalError(error);
  } finally {
    db?.close();
  }
}
