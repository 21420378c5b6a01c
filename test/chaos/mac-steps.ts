import { type FSWatcher, watch } from 'node:fs';
import Database from 'better-sqlite3';
import type { Moment } from './plan.ts';

type ActMoment = Extract<Moment, { act: string }>;
type RowMoment = Extract<Moment, { row: string }>;

const LOOK_EVERY_MS = 15;

/** How many rows have reached a state, or went through it. */
const countOf: Record<RowMoment['row'], string> = {
  written: 'SELECT count(*) FROM message WHERE is_from_me = 1',
  joined:
    'SELECT count(*) FROM message WHERE is_from_me = 1 AND ROWID IN (SELECT message_id FROM chat_message_join)',
  sent: 'SELECT count(*) FROM message WHERE is_from_me = 1 AND is_sent = 1',
  delivered: 'SELECT count(*) FROM message WHERE is_from_me = 1 AND is_delivered = 1',
  read: 'SELECT count(*) FROM message WHERE is_from_me = 1 AND date_read > 0',
  failed: 'SELECT count(*) FROM message WHERE is_from_me = 1 AND error <> 0',
  received: 'SELECT count(*) FROM message WHERE is_from_me = 0',
};

/** Sees the steps that leave nothing but traces on the Mac: files of acts, and rows of chat.db. */
export class MacSteps {
  readonly #actsFolder: string;
  readonly #messagesDb: string;
  readonly #seen = new Set<string>();
  #acts: { moment: ActMoment; left: number; act: () => void }[] = [];
  #rows: { moment: RowMoment; act: () => void }[] = [];
  #files: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #db: Database.Database | undefined;

  constructor(actsFolder: string, messagesDb: string) {
    this.#actsFolder = actsFolder;
    this.#messagesDb = messagesDb;
  }

  watch(moment: ActMoment | RowMoment, act: () => void): void {
    if ('act' in moment) {
      this.#acts.push({ moment, left: moment.nth, act });
      this.#files ??= watch(this.#actsFolder, (_, name) => this.#file(String(name)));
    } else {
      this.#rows.push({ moment, act });
      this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
    }
  }

  forget(): void {
    this.#acts = [];
    this.#rows = [];
    this.#files?.close();
    this.#files = undefined;
    this.#endLooks();
  }

  #file(name: string): void {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    for (const watching of [...this.#acts]) {
      if (!name.endsWith(`.${watching.moment.act}`)) continue;
      watching.left -= 1;
      if (watching.left === 0) watching.act();
    }
  }

  #look(): void {
    const due = this.#reached();
    this.#rows = this.#rows.filter((watching) => !due.includes(watching));
    for (const { act } of due) act();
    if (this.#rows.length === 0) this.#endLooks();
  }

  #endLooks(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#db?.close();
    this.#db = undefined;
  }

  #reached(): { moment: RowMoment; act: () => void }[] {
    try {
      this.#db ??= new Database(this.#messagesDb, { readonly: true, timeout: 0 });
      const db = this.#db;
      return this.#rows.filter(
        ({ moment }) => (db.prepare<[], number>(countOf[moment.row]).pluck().get() ?? 0) >= moment.nth,
      );
    } catch (error) {
      // Messages writes, or is being started again.
      if (error instanceof Database.SqliteError) return [];
      throw error;
    }
  }
}
