import type { AttachmentFiles } from './attachment-files.ts';
import type { Guard } from './guard.ts';
import { CROWD_MS } from './guard.ts';
import { saysAgain } from './known-content.ts';
import type { StoredMessage } from './message-row.ts';
import { dateOf, isScheduled, kindOf, senderOf, targetOf } from './message-row.ts';
import { isBodiless } from './received.ts';
import type { RowTeller } from './row-teller.ts';
import type { Look, WholeRow } from './rows.ts';
import { wholeRow } from './rows.ts';
import type { SelfNotes } from './self-notes.ts';
import type { Held, Remembered } from './tail-memory.ts';

/** A row without its chat is told after this long all the same. */
export const HOLD_MS = 10_000;
/** A message whose files are still coming is told after this long all the same. */
const FILES_MS = 60_000;

/** A row in which nothing stands can be told of only when something does: so long it is looked at. */
const EMPTY_MS = 10 * 60_000;

export interface KeeperParts {
  known: Remembered;
  guard: Guard;
  teller: RowTeller;
  files: AttachmentFiles;
  self: SelfNotes;
}

/**
 * Decides when a new row is told. Each goes its way once:
 * - dated as if it were history: kept back with those that came with it, then told or passed by (see {@link Guard});
 * - from somebody, or a note about a group: told when its chat and its files are there, or when it waited long enough;
 * - own: its states are told as it reaches them;
 * - own, to oneself: both.
 */
export class RowKeeper {
  readonly #parts: KeeperParts;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** A row above the cursor; one that went its way has another ROWID in a database that was built anew. `strict`: it lies in a database that was built anew, and is no news if it is old. */
  newRow(row: StoredMessage, strict: boolean, look: Look): void {
    const { known, guard, self } = this.#parts;
    if (known.wasSeen(row.guid)) {
      const own = known.own.get(row.guid);
      if (own && own.rowid !== row.rowid) known.own.set(row.guid, { ...own, rowid: row.rowid });
      return;
    }
    known.see(row.guid);
    self.learnFrom(row);
    const date = dateOf(row);
    // Asked for before the check, by which the row itself becomes the newest.
    const within = date === null ? null : guard.replayWithin(date, look.now);
    const late = date === null ? null : guard.check(date, look.now, this.#isMine(row));
    if (!late) {
      if (this.#isKnownContent(row, within, look)) this.#silence(row, look);
      else this.#admit(row, { rowid: row.rowid, since: look.now, ...(within && { within }) }, look);
    } else if (late.behind && (strict || guard.isReplay(this.#lateCount()))) {
      this.#silence(row, look);
    } else {
      known.held.set(row.guid, { rowid: row.rowid, since: look.now, late });
      this.#again(look, look.now + CROWD_MS);
    }
  }

  /** Looks again at every row that waits. */
  heldRows(look: Look): void {
    const { known } = this.#parts;
    this.#judgeCrowd(look);
    for (const [guid, held] of known.held.all()) {
      if (held.late) continue;
      const row = look.db.byGuid(guid);
      if (row) this.#tellOrHold(row, held, look);
      else known.held.delete(guid);
    }
  }

  #silence(row: StoredMessage, look: Look): void {
    this.#parts.teller.silence(row, look);
  }

  /** The late rows are judged together when the first of them has waited. */
  #judgeCrowd(look: Look): void {
    const { known, guard } = this.#parts;
    const late = known.held
      .all()
      .flatMap(([guid, held]) => (held.late ? [{ guid, held, ...held.late }] : []));
    if (late.length === 0) return;
    const due = Math.min(...late.map(({ held }) => held.since)) + CROWD_MS;
    if (look.now < due) {
      this.#again(look, due);
      return;
    }
    late.sort((a, b) => a.held.rowid - b.held.rowid);
    const news = new Set(guard.judge(late, look.now).map(({ guid }) => guid));
    for (const { guid, held, date } of late) {
      known.held.delete(guid);
      const row = look.db.byGuid(guid);
      if (!row) continue;
      const within = guard.replayWithin(date, look.now);
      if (!news.has(guid) || this.#isKnownContent(row, within, look)) this.#silence(row, look);
      else {
        guard.wasNews(date, look.now, this.#isMine(row));
        this.#admit(row, { rowid: row.rowid, since: held.since, ...(within && { within }) }, look);
      }
    }
  }

  #lateCount(): number {
    let count = 0;
    for (const [, { late }] of this.#parts.known.held.all()) if (late) count += 1;
    return count;
  }

  /** Notes to oneself come back as if somebody had written them, so that they count as such. */
  #isMine(row: StoredMessage): boolean {
    return row.fromMe === 1 && !this.#parts.self.isToSelf(row);
  }

  /** Whether a row says again what an earlier one said, dated as near to it as `within`. */
  #isKnownContent(row: StoredMessage, within: number | null, look: Look): boolean {
    return within !== null && saysAgain(row, { within, toSelf: this.#parts.self.isToSelf(row), db: look.db });
  }

  #admit(row: StoredMessage, held: Held, look: Look): void {
    const { known, teller, self } = this.#parts;
    if (row.fromMe === 1 && kindOf(row) === 'message') {
      known.own.set(row.guid, { rowid: row.rowid, told: '', since: look.now });
      teller.changed(row, look);
      if (!self.isToSelf(row)) return;
    }
    if (isScheduled(row)) return;
    this.#tellOrHold(row, held, look);
  }

  #tellOrHold(row: StoredMessage, held: Held, look: Look): void {
    const { known, teller, files } = this.#parts;
    const whole = wholeRow(row, files, look);
    const wait = this.#waitsUntil(whole, held.since, look);
    if (wait <= look.now) {
      known.held.delete(row.guid);
      // What it said was not whole when it was compared.
      if (held.within && this.#isKnownContent(row, held.within, look)) this.#silence(row, look);
      else teller.tell({ ...whole, row: this.#withChat(row, look) }, look);
      return;
    }
    this.#again(look, wait);
    if (known.held.get(row.guid)?.since !== held.since) known.held.set(row.guid, held);
  }

  /** Until when a row may wait for what it lacks; the past when it lacks nothing. */
  #waitsUntil({ row, body, attachments, filesSettled }: WholeRow, since: number, look: Look): number {
    const kind = kindOf(row);
    const target = kind === 'tapback' ? targetOf(row.associatedGuid)?.guid : undefined;
    const empty = kind === 'message' && !body && attachments.length === 0 && !isBodiless(row);
    if (!filesSettled && kind !== 'note') return since + FILES_MS;
    const nobody = row.fromMe !== 1 && senderOf(row) === null;
    if (empty && !row.dateEdited) return since + EMPTY_MS;
    if (!row.chatIdentifier || empty || nobody) return since + HOLD_MS;
    if (target !== undefined && this.#parts.known.held.has(target)) return since + FILES_MS;
    return look.now;
  }

  /** A row that was never joined may name its chat itself. */
  #withChat(row: StoredMessage, look: Look): StoredMessage {
    if (row.chatIdentifier) return row;
    const named = look.db.chatNamedBy(row.guid);
    return named ? { ...row, chatStyle: named.style, chatIdentifier: named.identifier } : row;
  }

  #again(look: Look, at: number): void {
    look.again = Math.min(look.again, at);
  }
}
