import { statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { errorCode } from '../../bridge/runtime/app-error.ts';
import { type IdsStatus, idsUri, readIdsCache } from './ids-cache.ts';

/** What is known of a handle, in the words of a `lookup.answered` event. */
export interface LookupResult {
  handle: string;
  imessage: 'yes' | 'no' | 'unknown';
  /** `history`: a message went well; `send_error`: one failed with Apple's error 22; `ids_cache`: Messages looked it up. */
  source: 'history' | 'ids_cache' | 'send_error' | 'none';
  /** When the evidence is from, in milliseconds since the Unix epoch. */
  seenAt: number | null;
}

type Evidence = Omit<LookupResult, 'handle'> & { seenAt: number };

/** Apple's number for a handle that is not on iMessage. */
const NOT_ON_IMESSAGE = 22;
/** Newest rows of a handle that are looked at. */
const ROWS = 200;
/** How long a lock on chat.db is waited for, in milliseconds. */
const BUSY_MS = 500;
const APPLE_EPOCH_MS = 978_307_200_000;

interface HistoryRow {
  /** Milliseconds since 2001. */
  at: number | null;
  fromMe: number;
  service: string | null;
  error: number | null;
  delivered: number | null;
}

/**
 * Whether handles are on iMessage, as far as this Mac knows without sending or asking anything: from the history in
 * chat.db and from what Messages looked up before. The newest evidence counts. Throws nothing for files that are not
 * there or cannot be read: they give no evidence.
 */
export function lookUp(macHome: string, handles: readonly string[]): LookupResult[] {
  const cache = readIdsCache(macHome);
  const history = openHistory(path.join(macHome, 'Library', 'Messages', 'chat.db'));
  try {
    return handles.map((handle) => {
      const found = [...history.of(handle), ...cached(cache.get(idsUri(handle)))];
      const newest = found.reduce<Evidence | undefined>(
        (best, evidence) => (best && best.seenAt >= evidence.seenAt ? best : evidence),
        undefined,
      );
      return { handle, ...(newest ?? { imessage: 'unknown', source: 'none', seenAt: null }) };
    });
  } finally {
    history.close();
  }
}

/** An entry without a date is older than any other evidence. */
const cached = (status: IdsStatus | undefined): Evidence[] =>
  status ? [{ imessage: status.imessage, source: 'ids_cache', seenAt: status.at ?? 0 }] : [];

interface History {
  of(handle: string): Evidence[];
  close(): void;
}

const noHistory: History = { of: () => [], close: () => undefined };

function openHistory(file: string): History {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return noHistory;
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    const rows = db.prepare<[string, number], HistoryRow>(
      `SELECT date / 1000000 AS at, is_from_me AS fromMe, service, error, is_delivered AS delivered
       FROM message WHERE handle_id IN (SELECT ROWID FROM handle WHERE id = ? COLLATE NOCASE)
       ORDER BY ROWID DESC LIMIT ?`,
    );
    const open = db;
    return { of: (handle) => rows.all(handle, ROWS).flatMap(evidenceOf), close: () => void open.close() };
  } catch (error) {
    db?.close();
    if (errorCode(error).startsWith('SQLITE_')) return noHistory;
    throw error;
  }
}

/** A row proves something when it came by iMessage, was delivered by it, or failed because there is none. */
function evidenceOf(row: HistoryRow): Evidence[] {
  const seenAt = (row.at ?? 0) + APPLE_EPOCH_MS;
  if (row.fromMe === 1 && row.error === NOT_ON_IMESSAGE)
    return [{ imessage: 'no', source: 'send_error', seenAt }];
  const reached = row.fromMe === 0 || (row.delivered === 1 && !row.error);
  return row.service === 'iMessage' && reached ? [{ imessage: 'yes', source: 'history', seenAt }] : [];
}
