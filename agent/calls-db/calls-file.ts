import type { AppError } from '../../bridge/runtime/app-error.ts';
import {
  type AppleDb,
  accessError,
  type DatabaseWords,
  openAppleDb,
  unreadable,
} from '../apple-db/apple-db.ts';
import { limitSql } from '../sql-limit.ts';
import { findShape } from './shape.ts';

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
export interface CallsFile extends AppleDb {
  /** Records above a primary key, lowest first. */
  after(pk: number, limit: number): StoredCall[];
  uuidAt(pk: number): string | undefined;
  /** Highest primary key of a record ever given out. */
  highWater(): number;
}

const words: DatabaseWords = {
  name: 'the call history',
  missing: { code: 'call_history_missing', hint: 'It comes with the first call; the agent waits for it.' },
  unreadable: {
    code: 'call_history_unreadable',
    hint: 'It may be locked, or of a macOS that this version does not know; the agent tries again.',
  },
};

/**
 * Opens the call history for reading. Throws AppError `call_history_missing`, `full_disk_access_missing` or
 * `call_history_unreadable`.
 */
export const openCallsFile = (databasePath: string): CallsFile =>
  openAppleDb(databasePath, words, (db) => {
    const shape = findShape(db);
    if (!shape) throw unreadable(words, 'no table of call records');
    const after = db.prepare<[number, number], StoredCall>(
      `${shape.select} WHERE c.Z_PK > ? ORDER BY c.Z_PK ${limitSql('?')}`,
    );
    const uuidAt = db
      .prepare<[number], string>("SELECT coalesce(ZUNIQUE_ID, 'pk:' || Z_PK) FROM ZCALLRECORD WHERE Z_PK = ?")
      .pluck();
    const highWater = db.prepare<[], number>(shape.highWater).pluck();
    return {
      after: (pk: number, limit: number) => after.all(pk, limit),
      uuidAt: (pk: number) => uuidAt.get(pk),
      highWater: () => highWater.get() ?? 0,
    };
  });

/** Errors of SQLite and of the file system as the AppError that says what to do. */
export const historyError = (error: unknown): AppError => accessError(error, words);
