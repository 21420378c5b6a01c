import { AttachmentFiles } from './attachment-files.ts';
import type { Connection } from './connection.ts';
import { Guard } from './guard.ts';
import { dateOf } from './message-row.ts';
import type { Fingerprint } from './queries.ts';
import { RowKeeper } from './row-keeper.ts';
import { RowTeller } from './row-teller.ts';
import type { Look } from './rows.ts';
import { SelfNotes } from './self-notes.ts';
import type { Cursor } from './tail-memory.ts';
import { Remembered, SEEN_LIMIT } from './tail-memory.ts';
import type { ChangeBatch, TailMemory } from './types.ts';

/** Rows read at once, so that a long catch-up comes in batches. */
const CHUNK = 500;
/** Newest rows that are compared with what they were at every look. */
const RECENT_ROWS = 300;
/** Older rows are compared while their dates are younger than this. */
const WINDOW_MS = 7 * 24 * 3_600_000;
/** Own rows that may still come further are compared for longer, but more seldom. */
const LASTING_PAUSE_MS = 30_000;
/** Shortest pause between looks at the older rows; longer where there are many, so that they cost little. */
const WINDOW_PAUSE_MS = 200;
const ROWS_PER_PAUSE_MS = 10;
/** So much may be told again after a crash before the cursor is saved for its sake alone. */
const SILENT_ROWS = 1000;
/** A tail that did not look for this long was not running: the Mac slept. */
const ASLEEP_MS = 60_000;
/** Younger rows without a chat are looked at again until they have one. */
const UNJOINED_MS = 60_000;
/** Rows that wait are looked for eagerly while younger than this. */
const EAGER_MS = 1_500;

/**
 * Tells what is new in chat.db: rows above the cursor, rows that wait, and rows that changed in place.
 * The first batch ever only saves where the file ended.
 */
export class Tail {
  readonly #known: Remembered;
  readonly #files: AttachmentFiles;
  readonly #self: SelfNotes;
  readonly #teller: RowTeller;
  /** What each changeable row was when it was last looked at, by ROWID, and in which connection. */
  #fingerprints = new Map<number, string>();
  #connection: Connection | undefined;
  #guard: Guard | undefined;
  #keeper: RowKeeper | undefined;
  #saved: number | null;
  #more = false;
  #due = Infinity;
  #windowDue = -Infinity;
  #windowStale = true;
  #lastingDue = -Infinity;
  #lastingStale = true;
  /** What was new was given first; rows that changed in place are compared by the next look, whatever that finds. */
  #comparing = true;
  #lookedAt: number | undefined;

  /** `home` is the folder that `~` stands for in the names of files; `ownHandles` are known beforehand. */
  constructor(memory: TailMemory, home: string, ownHandles: readonly string[]) {
    this.#known = new Remembered(memory);
    this.#files = new AttachmentFiles(home);
    this.#self = new SelfNotes(this.#known, ownHandles);
    this.#teller = new RowTeller(this.#known, this.#files, this.#self);
    this.#saved = this.#known.cursor?.rowid ?? null;
  }

  /** Whether the last look stopped short of the newest row. */
  get more(): boolean {
    return this.#more;
  }

  /** When to look again even without a commit, in milliseconds since the Unix epoch. */
  get due(): number {
    const window = this.#windowStale ? this.#windowDue : Infinity;
    const lasting = this.#lastingStale ? this.#lastingDue : Infinity;
    return Math.min(this.#due, window, lasting);
  }

  /** Whether a row waits that is about to be whole. */
  isEager(now: number): boolean {
    return this.#known.held.all().some(([, held]) => !held.late && now - held.since < EAGER_MS);
  }

  /** The place from which a tail without any memory starts when there is no file yet. */
  beginBeforeFile(now: number): ChangeBatch | null {
    if (this.#known.cursor) return null;
    return this.#begin({ file: null, rowid: 0, guid: null, guard: Guard.begin(null, now) });
  }

  /**
   * What is new; null when nothing needs telling or saving. `committed`: somebody wrote since the last look.
   * After an error that SQLite throws the tail is of no more use; one made from the durable memory goes on.
   */
  next(db: Connection, now: number, committed: boolean): ChangeBatch | null {
    if (this.#connection !== db) this.#connected(db);
    if (committed) this.#stale();
    const look: Look = { db, now, found: [], again: Infinity };
    if (!this.#known.cursor) return this.#beginAt(look);
    const cursor = place(this.#known.cursor, db);
    const keeper = this.#awake(cursor, now);
    const rows = db.after(cursor.rowid, CHUNK);
    keeper.heldRows(look);
    for (const row of rows) keeper.newRow(row, row.rowid <= (cursor.rebuiltUpTo ?? 0), look);
    for (const [guid] of this.#known.files.all()) this.#teller.awaited(guid, look);
    const { rowid, guid } = rows.at(-1) ?? cursor;
    const wasNew = this.#known.cursor.file === null;
    this.#known.cursor = { ...cursor, rowid, guid };
    this.#more = rows.length === CHUNK;
    if (!this.#more) this.#compare(look, rowid, wasNew);
    this.#known.cursor.guard = this.#guard?.memory ?? cursor.guard;
    this.#due = look.again;
    return this.#batch(look);
  }

  /** Notes that the keeper has saved the last batch. */
  taken(): void {
    this.#known.taken();
    this.#saved = this.#known.cursor?.rowid ?? null;
  }

  #beginAt(look: Look): ChangeBatch {
    const { db, now } = look;
    const rowid = db.highWater();
    this.#changedRows(db.changeableAfter(rowid - RECENT_ROWS), silently(look));
    this.#window(look, true);
    for (const guid of db.newestGuids(SEEN_LIMIT)) this.#known.see(guid);
    const guard = Guard.begin(db.newestDate(now), now);
    return this.#begin({ file: db.file, rowid, guid: db.guidAt(rowid) ?? null, guard });
  }

  #begin(cursor: Cursor): ChangeBatch {
    this.#known.cursor = cursor;
    return { changes: [], memory: this.#known.patch() };
  }

  #connected(db: Connection): void {
    this.#connection = db;
    this.#fingerprints = new Map();
    this.#windowDue = -Infinity;
    this.#lastingDue = -Infinity;
    this.#stale();
    this.#self.learn(db);
  }

  #stale(): void {
    this.#windowStale = true;
    this.#lastingStale = true;
  }

  /** The keeper of rows, made at the first look: nobody watched before. */
  #awake(cursor: Cursor, now: number): RowKeeper {
    if (!this.#guard || !this.#keeper) {
      this.#guard = new Guard(cursor.guard, now);
      this.#setBack(now);
      this.#keeper = new RowKeeper({
        known: this.#known,
        guard: this.#guard,
        teller: this.#teller,
        files: this.#files,
        self: this.#self,
      });
    } else if (this.#lookedAt !== undefined && now - this.#lookedAt > ASLEEP_MS) {
      this.#guard.woke(now);
    }
    if (this.#lookedAt !== undefined && now < this.#lookedAt) this.#setBack(now);
    this.#lookedAt = now;
    return this.#keeper;
  }

  /** The clock was set back: nothing waits for a time that it had shown. */
  #setBack(now: number): void {
    this.#due = Math.min(this.#due, now);
    this.#windowDue = Math.min(this.#windowDue, now);
    this.#lastingDue = Math.min(this.#lastingDue, now);
    this.#guard?.setBack(now);
    for (const [guid, held] of this.#known.held.all())
      if (held.since > now) this.#known.held.set(guid, { ...held, since: now });
  }

  /** Notes that the tail is running although there is nothing to look at. */
  idle(now: number): void {
    if (this.#lookedAt !== undefined && now - this.#lookedAt <= ASLEEP_MS) {
      if (now < this.#lookedAt) this.#setBack(now);
      this.#lookedAt = now;
    }
  }

  /** What is new need not wait for this: a look that found something leaves it to the next, which follows at once. */
  #compare(look: Look, upTo: number, silent: boolean): void {
    this.#comparing = silent || look.found.length === 0 || !this.#comparing;
    if (!this.#comparing) return;
    this.#changedRows(look.db.changeableAfter(upTo - RECENT_ROWS), look);
    this.#window(look, silent);
    this.#lasting(look);
  }

  /** Looks at the older rows, if it is time. `silent` takes what they say as known. */
  #window(look: Look, silent: boolean): void {
    const { db, now } = look;
    if (!this.#windowStale || now < this.#windowDue) return;
    const rows = db.changeableSince(now - WINDOW_MS);
    this.#changedRows(rows, silent ? silently(look) : look);
    this.#windowStale = false;
    this.#windowDue = now + Math.max(WINDOW_PAUSE_MS, rows.length / ROWS_PER_PAUSE_MS);
  }

  /** Looks at own rows beyond the window, now and then, and forgets what is too old for any change. */
  #lasting(look: Look): void {
    const { db, now } = look;
    if (!this.#lastingStale || now < this.#lastingDue) return;
    const own = this.#known.own.all().filter(([, { since }]) => since < now - WINDOW_MS);
    this.#changedRows(db.changeableIn(own.map(([, { rowid }]) => rowid)), look);
    let compared: Set<string> | undefined;
    this.#known.forgetOld(now, (guid) => {
      compared ??= new Set(db.newestGuids(RECENT_ROWS));
      return compared.has(guid);
    });
    this.#lastingStale = false;
    this.#lastingDue = now + LASTING_PAUSE_MS;
  }

  /** Rows above the cursor are not taken yet, and those that wait are told as a whole later. */
  #changedRows(rows: Fingerprint[], look: Look): void {
    const upTo = this.#known.cursor?.rowid ?? Infinity;
    for (const [rowid, fingerprint, more] of rows) {
      if (rowid > upTo || this.#fingerprints.get(rowid) === fingerprint) continue;
      this.#fingerprints.set(rowid, fingerprint);
      const isTold = more === 1 || this.#known.own.hasRowid(rowid);
      const row = isTold ? look.db.byRowid(rowid) : undefined;
      if (!row) continue;
      // Whether it lies in a group, where delivered and read say nothing, is known with its chat.
      if (!row.chatIdentifier && Math.abs(look.now - (dateOf(row) ?? 0)) < UNJOINED_MS)
        this.#fingerprints.delete(rowid);
      if (this.#known.held.has(row.guid)) this.#fingerprints.delete(rowid);
      else this.#teller.changed(row, look);
    }
  }

  #batch(look: Look): ChangeBatch | null {
    const ahead = (this.#known.cursor?.rowid ?? 0) - (this.#saved ?? 0);
    if (look.found.length === 0 && ahead < SILENT_ROWS && this.#known.unsaved < SILENT_ROWS) return null;
    look.found.sort((a, b) => a.rowid - b.rowid);
    return { changes: look.found.map(({ change }) => change), memory: this.#known.patch() };
  }
}

/** The same look, of which nothing is told. */
const silently = (look: Look): Look => ({ ...look, found: [] });

/**
 * Where to go on reading. The cursor holds in the file that it was made in. In any other, and in one whose rows were
 * numbered anew, all rows are read again and known ones passed by: that the row at the cursor is the same one does
 * not mean that those before it are.
 */
function place(cursor: Cursor, db: Connection): Cursor {
  const until = db.highWater();
  const guid = db.guidAt(cursor.rowid);
  const sameRows = guid === undefined ? until >= cursor.rowid : guid === cursor.guid;
  if (cursor.file === db.file && sameRows) return cursor;
  return { ...cursor, file: db.file, rowid: 0, guid: null, rebuiltUpTo: until };
}
