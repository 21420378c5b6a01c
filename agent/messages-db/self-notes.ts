import { createHash } from 'node:crypto';
import { textOf } from './body.ts';
import type { Connection } from './connection.ts';
import type { StoredMessage } from './message-row.ts';
import { chatOf, dateOf, kindOf, withoutPrefix } from './message-row.ts';
import type { Remembered } from './tail-memory.ts';

/** Rows of one note are dated this near to each other. */
const SAME_NOTE_MS = 2_000;

/**
 * Notes to oneself. Messages writes one row or two for each, and which of them is from me changes: so they are known
 * by the chat with an own address, and one note by its text and date.
 */
export class SelfNotes {
  readonly #known: Remembered;
  readonly #own = new Set<string>();

  /** `handles` are own addresses that are known beforehand. */
  constructor(known: Remembered, handles: readonly string[]) {
    this.#known = known;
    for (const handle of handles) this.#add(handle);
  }

  /** Learns own addresses from the rows that are there. */
  learn(db: Connection): void {
    for (const address of db.ownAddresses()) this.#add(address);
    for (const account of db.accounts()) this.#add(withoutPrefix(account));
  }

  /** Learns the own address that a row from somebody else came to, and the login of its account. */
  learnFrom(row: StoredMessage): void {
    if (row.fromMe === 0 && row.caller && row.caller !== row.sender) this.#add(row.caller);
    this.#add(withoutPrefix(row.account));
  }

  isToSelf(row: StoredMessage): boolean {
    const chat = chatOf(row);
    if (chat?.kind === 'group') return false;
    const address = chat?.identifier ?? row.sender;
    return address !== null && this.#own.has(address.toLowerCase());
  }

  /** The other rows of a note, as far as they are there. */
  twinsOf(row: StoredMessage, text: string, db: Connection): StoredMessage[] {
    const said = wordsOf(text);
    return db
      .around(row, SAME_NOTE_MS)
      .filter((other) => other.guid !== row.guid && kindOf(other) === 'message' && this.isToSelf(other))
      .filter((other) => wordsOf(textOf(other) ?? '') === said);
  }

  /** Whether the row is the other one of a note that was told; remembers it otherwise. `files` are their names. */
  isCopy(row: StoredMessage, text: string, files: readonly string[], now: number): boolean {
    const said = wordsOf(text) || [text, ...files].join('\n');
    const name = createHash('sha256').update(said).digest('base64url');
    const date = dateOf(row) ?? now;
    const told = this.#known.self.get(name);
    if (told && told.guid !== row.guid && Math.abs(told.date - date) <= SAME_NOTE_MS) {
      this.#known.self.delete(name);
      return true;
    }
    this.#known.self.set(name, { guid: row.guid, date, since: now });
    return false;
  }

  #add(address: string | null): void {
    if (address) this.#own.add(address.toLowerCase());
  }
}

/** A text without its files, which only one of the two rows may have. */
const wordsOf = (text: string): string => text.replaceAll('\uFFFC', '').trim();
