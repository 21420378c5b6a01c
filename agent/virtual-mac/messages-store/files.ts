import { chmodSync, closeSync, openSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { makeFolder } from '../../../bridge/runtime/make-folder.ts';
import { callHistorySchema, messagesSchema } from '../schema/schema.ts';
import type { MacosRelease } from '../types.ts';
import { registerAppFunctions } from './app-functions.ts';

/** How long a write waits for another writer of the same file, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

const messagesFolder = (home: string): string => path.join(home, 'Library', 'Messages');

export const messagesDatabasePath = (home: string): string => path.join(messagesFolder(home), 'chat.db');

export const callHistoryPath = (home: string): string =>
  path.join(home, 'Library', 'Application Support', 'CallHistoryDB', 'CallHistory.storedata');

/** Makes a folder and its parents, each open to its owner alone. */
function privateFolder(folder: string): void {
  makeFolder(folder);
  chmodSync(folder, 0o700);
}

/** SQLite gives -wal and -shm the mode of the file, so that is set before SQLite first opens it. */
function privateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** Opens a database in WAL mode, making the file and what `schema` makes when it is new. */
function openOrCreate(file: string, schema: () => string[]): Database.Database {
  privateFolder(path.dirname(file));
  privateFile(file);
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  registerAppFunctions(db);
  const create = db.transaction(() => {
    const isEmpty = db.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
    if (isEmpty) for (const statement of schema()) db.exec(statement);
  });
  create.immediate();
  return db;
}

/** Turns a database that nobody has open from WAL to rollback mode, in which a lock keeps readers out. */
export function toRollbackMode(file: string): void {
  const db = new Database(file);
  db.pragma('journal_mode = DELETE');
  db.close();
}

/** Opens the chat.db of a home folder, in rollback mode, so that no other process can use it until it is closed. */
export function lockMessagesDatabase(home: string): Database.Database {
  const db = new Database(messagesDatabasePath(home), { timeout: BUSY_TIMEOUT_MS });
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('foreign_keys = ON');
  registerAppFunctions(db);
  db.exec('BEGIN EXCLUSIVE; COMMIT');
  return db;
}

/** Opens the chat.db of a home folder for writing; a new one gets the schema of `macos`. */
export const openMessagesDatabase = (home: string, macos: MacosRelease): Database.Database =>
  openOrCreate(messagesDatabasePath(home), () => messagesSchema(macos));

/** Opens the call history of a home folder for writing, making it when it is missing. */
export const openCallHistory = (home: string): Database.Database =>
  openOrCreate(callHistoryPath(home), callHistorySchema);
