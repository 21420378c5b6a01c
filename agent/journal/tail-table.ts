import type Database from 'better-sqlite3';
import type { JournalChange } from './types.ts';

/** Before the keys of the call history's tail among the entries of tails; its cursor stands at this key itself. */
const CALLS = 'calls/';

type Memory = NonNullable<JournalChange['memory']>;

/** Statements over what the tails of Apple's databases must find again. Whoever calls them owns the transaction. */
export class TailTable {
  readonly #cursor: Database.Statement;
  readonly #setCursor: Database.Statement;
  readonly #all: Database.Statement;
  readonly #set: Database.Statement;
  readonly #delete: Database.Statement;

  constructor(db: Database.Database) {
    this.#cursor = db.prepare("SELECT value FROM meta WHERE name = 'tailCursor'").pluck();
    this.#setCursor = db.prepare(
      `INSERT INTO meta (name, value) VALUES ('tailCursor', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    this.#all = db.prepare('SELECT key, value FROM tail_entry').raw();
    this.#set = db.prepare(
      'INSERT INTO tail_entry (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.#delete = db.prepare('DELETE FROM tail_entry WHERE key = ?');
  }

  messages(): { cursor: string | null; entries: Map<string, string> } {
    return {
      cursor: (this.#cursor.get() as string | undefined) ?? null,
      entries: new Map(this.#entries().filter(([key]) => !key.startsWith(CALLS))),
    };
  }

  calls(): { cursor: string | null; entries: Map<string, string> } {
    const entries = new Map(
      this.#entries().flatMap(([key, value]) =>
        key.startsWith(CALLS) ? [[key.slice(CALLS.length), value] as const] : [],
      ),
    );
    const cursor = entries.get('') ?? null;
    entries.delete('');
    return { cursor, entries };
  }

  remember({ cursor, remember, forget }: Memory): void {
    this.#setCursor.run(cursor);
    this.#change(remember, forget);
  }

  rememberCalls({ cursor, remember, forget }: Memory): void {
    const named = remember.map(([key, value]) => [CALLS + key, value] as const);
    this.#change(
      [...named, [CALLS, cursor]],
      forget.map((key) => CALLS + key),
    );
  }

  #entries(): Array<[string, string]> {
    return this.#all.all() as Array<[string, string]>;
  }

  #change(remember: Memory['remember'], forget: readonly string[]): void {
    for (const [key, value] of remember) this.#set.run(key, value);
    for (const key of forget) this.#delete.run(key);
  }
}
