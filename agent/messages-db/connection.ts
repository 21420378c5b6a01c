import type { AppError } from '../../bridge/runtime/app-error.ts';
import {
  type AppleDb,
  accessError as accessErrorOf,
  type DatabaseWords,
  openAppleDb,
  unreadable,
} from '../apple-db/apple-db.ts';
import type { Queries } from './queries.ts';
import { prepareQueries } from './queries.ts';
import type { Schema } from './schema.ts';
import { probeSchema } from './schema.ts';

/** An open chat.db, with what the tail asks of it. */
export interface Connection extends AppleDb, Queries {
  readonly schema: Schema;
}

const words: DatabaseWords = {
  name: 'chat.db',
  missing: {
    code: 'messages_db_missing',
    hint: 'Open Messages once and sign in; the agent waits for its database.',
  },
  unreadable: {
    code: 'messages_db_unreadable',
    hint: 'It may be locked or half restored; the agent tries again.',
  },
};

/**
 * Opens chat.db for reading. Throws an AppError: `messages_db_missing` when the file is not there,
 * `full_disk_access_missing` when macOS refuses it, `messages_db_unreadable` otherwise.
 */
export const connect = (databasePath: string): Connection =>
  openAppleDb(databasePath, words, (db) => {
    const schema = probeSchema(db);
    if (!schema.has('message', 'guid')) throw unreadable(words, 'no message table');
    return { ...prepareQueries(db, schema), schema };
  });

/** Errors of SQLite and of the file system as the AppError that says what to do. */
export const accessError = (error: unknown): AppError => accessErrorOf(error, words);
