import type { Connection } from './connection.ts';
import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, isPlainMessage, isScheduled, lineOf, serviceOf, textOf } from './message-row.ts';
import { ownStateChanges, toldAfter } from './own-state.ts';
import type { Cursor } from './tail-memory.ts';
import { Remembered } from './tail-memory.ts';
import type { ChangeBatch, MessageChange, ReceivedChange, TailMemory } from './types.ts';

/** Rows read at once, so that a long catch-up comes in batches. */
const CHUNK = 500;
/** A row without its chat is told after this long all the same. */
export const HOLD_MS = 10_000;
/** Own rows are looked at again for this long. */
const TRACK_MS = 7 * 24 * 3_600_000;
/** So many rows that tell nothing may be read again after a crash before the cursor is saved for their sake. */
const SILENT_ROWS = 1000;

/** Dates further ahead than this say nothing about how far the tail has come. */
const FUTURE_MS = 60_000;

interface Dated {
  rowid: number;
  change: MessageChange;
}

/**
 * Tells what is new in chat.db. Each row goes its way once:
 * - inbound, without its chat: held until the join lands or {@link HOLD_MS} have passed, then told;
 * - inbound, whole: told as received;
 * - own: tracked; each state it reaches is told once, until it is read or older than a week.
 * The first batch ever only saves where the file ended.
 */
export class Tail {
  readonly #known: Remembered;
  #saved: number | null;
  #more = false;

  constructor(memory: TailMemory) {
    this.#known = new Remembered(memory);
    this.#saved = this.#known.cursor?.rowid ?? null;
  }

  /** Whether the last batch stopped short of the newest row. */
  get more(): boolean {
    return this.#more;
  }

  /** When a held row falls due, in milliseconds since the Unix epoch; null when none is held. */
  get due(): number | null {
    let due: number | null = null;
    for (const { since } of this.#known.held.values()) due = Math.min(due ?? Infinity, since + HOLD_MS);
    return due;
  }

  /** The place from which a tail without any memory starts when there is no file yet. */
  beginBeforeFile(now: number): ChangeBatch | null {
    if (this.#known.cursor) return null;
    return this.#begin({ file: null, rowid: 0, guid: null, newest: now });
  }

  /** What is new; null when nothing needs telling or saving. Throws what SQLite throws, having changed nothing. */
  next(db: Connection, now: number): ChangeBatch | null {
    if (!this.#known.cursor) {
      const rowid = db.highWater();
      return this.#begin({ file: db.file, rowid, guid: db.guidAt(rowid) ?? null, newest: now });
    }
    const cursor = place(this.#known.cursor, db);
    const rows = db.after(cursor.rowid, CHUNK);
    const held = [...this.#known.held].map(([guid, { rowid }]) => find(db, guid, rowid));
    const own = [...this.#known.own].map(([guid, { rowid }]) => find(db, guid, rowid));

    const found: Dated[] = [];
    for (const { guid, row } of own) this.#lookAgain(guid, row, now, found);
    for (const { guid, row } of held) this.#heldRow(guid, row, now, found);
    for (const row of rows) if (!wasThere(row, cursor)) this.#newRow(row, now, found);
    this.#known.cursor = advance(cursor, rows, now);
    this.#more = rows.length === CHUNK;
    return this.#batch(found);
  }

  /** Notes that the keeper has saved the last batch. */
  taken(): void {
    this.#known.taken();
    this.#saved = this.#known.cursor?.rowid ?? null;
  }

  #begin(cursor: Cursor): ChangeBatch {
    this.#known.cursor = cursor;
    return { changes: [], memory: this.#known.patch() };
  }

  #batch(found: Dated[]): ChangeBatch | null {
    const ahead = (this.#known.cursor?.rowid ?? 0) - (this.#saved ?? 0);
    if (found.length === 0 && ahead < SILENT_ROWS) return null;
    found.sort((a, b) => a.rowid - b.rowid);
    return { changes: found.map(({ change }) => change), memory: this.#known.patch() };
  }

  #newRow(row: StoredMessage, now: number, found: Dated[]): void {
    if (!isPlainMessage(row)) return;
    if (row.fromMe === 1) {
      this.#known.track(row.guid, { rowid: row.rowid, told: '', since: now });
      this.#lookAgain(row.guid, row, now, found);
      return;
    }
    if (isScheduled(row)) return;
    if (row.chatIdentifier && textOf(row)) this.#tell(row, now, found);
    else this.#known.hold(row.guid, { rowid: row.rowid, since: now });
  }

  #heldRow(guid: string, row: StoredMessage | undefined, now: number, found: Dated[]): void {
    const held = this.#known.held.get(guid);
    if (!held) return;
    if (!row) {
      this.#known.release(guid);
      return;
    }
    const due = now - held.since >= HOLD_MS;
    const whole = row.chatIdentifier !== null && textOf(row) !== null;
    if (!whole && !due) return;
    this.#known.release(guid);
    this.#tell(row, now, found);
  }

  #lookAgain(guid: string, row: StoredMessage | undefined, now: number, found: Dated[]): void {
    const tracked = this.#known.own.get(guid);
    if (!tracked) return;
    if (!row) {
      this.#known.untrack(guid);
      return;
    }
    for (const change of ownStateChanges(row, tracked.told, now)) found.push({ rowid: row.rowid, change });
    const told = toldAfter(row, tracked.told);
    if (told.includes('r') || now - tracked.since > TRACK_MS) this.#known.untrack(guid);
    else if (told !== tracked.told) this.#known.track(guid, { ...tracked, told });
  }

  #tell(row: StoredMessage, now: number, found: Dated[]): void {
    const change = received(row, now);
    if (change) found.push({ rowid: row.rowid, change });
  }
}

/**
 * Where to go on reading. The cursor holds in the file it was made in, and in a copy of it; in a database that was
 * built anew, under the same path or even the same inode, all rows are read again, and those that are no newer than
 * what was seen before are passed by.
 */
function place(cursor: Cursor, db: Connection): Cursor {
  const guid = db.guidAt(cursor.rowid);
  const until = db.highWater();
  const sameRow = cursor.guid !== null && guid === cursor.guid;
  const sameFile = cursor.file === db.file && guid === undefined && until >= cursor.rowid;
  if (sameRow || sameFile) return cursor.file === db.file ? cursor : { ...cursor, file: db.file };
  return { ...cursor, file: db.file, rowid: 0, guid: null, rebuilt: { until, newest: cursor.newest } };
}

const wasThere = (row: StoredMessage, { rebuilt }: Cursor): boolean =>
  rebuilt !== undefined && row.rowid <= rebuilt.until && (dateOf(row) ?? 0) <= rebuilt.newest;

function advance(cursor: Cursor, rows: StoredMessage[], now: number): Cursor {
  const last = rows.at(-1);
  if (!last) return cursor;
  const dates = rows.map((row) => dateOf(row) ?? 0).filter((date) => date <= now + FUTURE_MS);
  return { ...cursor, rowid: last.rowid, guid: last.guid, newest: Math.max(cursor.newest, ...dates) };
}

function find(db: Connection, guid: string, rowid: number): { guid: string; row: StoredMessage | undefined } {
  const row = db.byRowid(rowid);
  return { guid, row: row?.guid === guid ? row : db.byGuid(guid) };
}

/** Null where a row has no text, or neither a sender nor a chat that names one. */
function received(row: StoredMessage, now: number): ReceivedChange | null {
  const chat = chatOf(row);
  const text = textOf(row);
  const from = row.sender ?? (chat?.kind === 'direct' ? chat.identifier : null);
  if (!text || !from) return null;
  return {
    kind: 'received',
    guid: row.guid,
    chat,
    from,
    line: lineOf(row),
    service: serviceOf(row),
    text,
    at: dateOf(row) ?? now,
  };
}
