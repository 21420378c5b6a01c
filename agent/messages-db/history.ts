import { toAppleNanoseconds } from './apple-time.ts';
import { AttachmentFiles } from './attachment-files.ts';
import type { Connection } from './connection.ts';
import { accessError, connect } from './connection.ts';
import { editChanges, originalBody } from './edits.ts';
import { groupChange } from './group-changes.ts';
import { saysAgain } from './known-content.ts';
import type { StoredMessage } from './message-row.ts';
import { dateOf, isScheduled, kindOf, lineOf } from './message-row.ts';
import { ownStateChanges } from './own-state.ts';
import { tapbackChange } from './reactions.ts';
import { receivedChange } from './received.ts';
import type { Look } from './rows.ts';
import { wholeRow } from './rows.ts';
import { SelfNotes } from './self-notes.ts';
import { trySummaryInfo } from './summary-info.ts';
import { Remembered } from './tail-memory.ts';
import type {
  EditedChange,
  GroupChange,
  OwnStateChange,
  ReceivedChange,
  TapbackChange,
  UnsentChange,
} from './types.ts';

/** A message that left this Mac, as its row stands now. */
export interface SentMessage extends Omit<ReceivedChange, 'kind' | 'from'> {
  kind: 'sent';
  from: null;
  /** How far it came; null where the row does not tell yet. */
  state: OwnStateChange['state'] | 'scheduled' | null;
  /** Apple's number, with `failed`. */
  error: number | null;
}

export type HistoryEntry =
  | ReceivedChange
  | SentMessage
  | TapbackChange
  | EditedChange
  | UnsentChange
  | GroupChange;

export interface HistoryRow {
  rowid: number;
  guid: string;
  /** Date of the row, in milliseconds since the Unix epoch. */
  at: number;
  /** The message as it was before any edit, then its edits; or the one other thing that the row says. */
  entries: HistoryEntry[];
  /** It says again, out of order, what an earlier row said: Messages wrote it anew, as iCloud makes it do. */
  repeated: boolean;
}

/** Which rows are wanted, by their dates: from `since` to before `until`, in milliseconds since the Unix epoch. */
export interface HistoryRange {
  since: number;
  until: number;
}

/** What stands in chat.db, read page by page in ROWID order, which is the order in which it came to this Mac. */
export interface History {
  /** Which file it is, in which ROWIDs hold. */
  readonly file: string;
  /** The lowest ROWID of a range, or null for an empty one, and how many rows it has. */
  scope(range: HistoryRange): { first: number | null; rows: number };
  highWater(): number;
  /** GUID of the row with a ROWID; null where there is none. */
  guidAt(rowid: number): string | null;
  /** Rows of a range above a ROWID, a few hundred at most; `next` is where to go on, null after the last. */
  page(after: number, range: HistoryRange, now: number): { rows: HistoryRow[]; next: number | null };
  /** Whether the path still leads to this file. */
  isCurrent(): boolean;
  close(): void;
}

const PAGE_ROWS = 300;
/** Rows of one moment are dated this near to each other. */
const SAME_MOMENT_MS = 1_000;
/** A row dated so much before one that came before it is out of order. */
const LATE_MS = 15 * 60_000;
const APPLE_EPOCH_MS = 978_307_200_000;

/**
 * Opens chat.db for reading its past. `home` is what `~` stands for; `waitMs` how long a read may wait for a lock.
 * Everything throws the AppErrors of {@link connect}; `retry` of one that is only busy is `later`.
 */
export function openHistory(options: {
  databasePath: string;
  home: string;
  ownHandles?: readonly string[];
  waitMs?: number;
}): History {
  const db = connect(options.databasePath);
  if (options.waitMs !== undefined) db.db.pragma(`busy_timeout = ${Math.round(options.waitMs)}`);
  const self = new SelfNotes(new Remembered({ cursor: null, entries: new Map() }), options.ownHandles ?? []);
  ask(() => self.learn(db));
  const reader = new RowReader(db, new AttachmentFiles(options.home), self);
  // Dates in seconds are those of before macOS 10.13.
  const scope = db.db.prepare<[bigint, bigint, number, number], { first: number | null; rows: number }>(
    `SELECT min(ROWID) AS first, count(*) AS rows FROM message
     WHERE date >= ? AND date < ? OR date >= ? AND date < ?`,
  );
  return {
    file: db.file,
    scope: ({ since, until }) =>
      ask(
        () =>
          scope.get(
            toAppleNanoseconds(since),
            toAppleNanoseconds(until),
            (since - APPLE_EPOCH_MS) / 1000,
            Math.min((until - APPLE_EPOCH_MS) / 1000, 100_000_000_000),
          ) ?? { first: null, rows: 0 },
      ),
    highWater: () => ask(() => db.highWater()),
    guidAt: (rowid) => ask(() => db.guidAt(rowid) ?? null),
    page: (after, { since, until }, now) =>
      ask(() => {
        reader.comeFrom(after);
        const rows = db.after(after, PAGE_ROWS);
        const wanted = rows.filter((row) => {
          const date = dateOf(row);
          return date !== null && date >= since && date < until;
        });
        return {
          rows: wanted.map((row) => reader.read(row, now)),
          next: rows.length === PAGE_ROWS ? (rows.at(-1)?.rowid ?? null) : null,
        };
      }),
    isCurrent: () => ask(() => db.isCurrent()),
    close: () => db.close(),
  };
}

/** Turns what SQLite throws into the AppError that says what to do. */
function ask<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw accessError(error);
  }
}

class RowReader {
  readonly #db: Connection;
  readonly #files: AttachmentFiles;
  readonly #self: SelfNotes;
  #newest = -Infinity;

  constructor(db: Connection, files: AttachmentFiles, self: SelfNotes) {
    this.#db = db;
    this.#files = files;
    this.#self = self;
  }

  /** Learns of the rows before the first one that is read how new they are. */
  comeFrom(rowid: number): void {
    if (this.#newest !== -Infinity) return;
    for (const row of this.#db.after(Math.max(0, rowid - PAGE_ROWS), PAGE_ROWS))
      if (row.rowid <= rowid) this.#newest = Math.max(this.#newest, dateOf(row) ?? -Infinity);
  }

  read(row: StoredMessage, now: number): HistoryRow {
    const date = dateOf(row) ?? now;
    const late = date < this.#newest - LATE_MS;
    this.#newest = Math.max(this.#newest, date);
    return {
      rowid: row.rowid,
      guid: row.guid,
      at: date,
      entries: this.#entries(row, now),
      repeated:
        late && saysAgain(row, { within: SAME_MOMENT_MS, toSelf: this.#self.isToSelf(row), db: this.#db }),
    };
  }

  #entries(row: StoredMessage, now: number): HistoryEntry[] {
    const look: Look = { db: this.#db, now, found: [], again: Infinity };
    const kind = kindOf(row);
    if (kind === 'note') return present(groupChange(row, now));
    const { body, attachments } = wholeRow(row, this.#files, look);
    if (kind === 'tapback') return present(tapbackChange(row, { now, standing: undefined, attachments }));
    const { summary } = trySummaryInfo(row.dateEdited ? this.#db.summary(row.rowid) : null);
    const payload = row.balloon ? this.#db.payload(row.rowid) : null;
    // An own row to a group names no handle at all.
    const named = row.fromMe === 1 ? { ...row, sender: lineOf(row) ?? 'me' } : row;
    const change = receivedChange(named, { body: originalBody(body, summary), attachments, payload, now });
    const edits = row.dateEdited ? editChanges({ row, body, summary }, undefined, now).changes : [];
    if (!change) return edits;
    if (this.#self.isToSelf(row)) change.toSelf = true;
    return [row.fromMe === 1 ? sentMessage(change, row, now) : change, ...edits];
  }
}

const present = <T>(value: T | null): T[] => (value === null ? [] : [value]);

function sentMessage(change: ReceivedChange, row: StoredMessage, now: number): SentMessage {
  const last = ownStateChanges(row, '', now).at(-1);
  const state = isScheduled(row) ? 'scheduled' : (last?.state ?? null);
  return { ...change, kind: 'sent', from: null, state, error: last?.error ?? null };
}
