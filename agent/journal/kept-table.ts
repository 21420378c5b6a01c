import type Database from 'better-sqlite3';
import type { JournalChange, KeptState } from './types.ts';

/** States beyond this are let go, oldest first: rows of other senders while a command stays uncertain. */
const MOST = 10_000;

/** Statements over states of own rows whose command is not known yet. Whoever calls them owns the transaction. */
export class KeptTable {
  readonly #ofGuid: Database.Statement;
  readonly #drop: Database.Statement;
  readonly #dropAll: Database.Statement;
  readonly #keep: Database.Statement;
  readonly #trim: Database.Statement;

  constructor(db: Database.Database) {
    this.#ofGuid = db.prepare(
      'SELECT guid, state, service, error, at, downgraded FROM kept_state WHERE guid = ? ORDER BY id',
    );
    this.#drop = db.prepare('DELETE FROM kept_state WHERE guid = ?');
    this.#dropAll = db.prepare('DELETE FROM kept_state');
    this.#keep = db.prepare(
      `INSERT INTO kept_state (guid, state, service, error, at, downgraded)
       VALUES (@guid, @state, @service, @error, @at, @downgraded)`,
    );
    this.#trim = db.prepare(
      'DELETE FROM kept_state WHERE id <= (SELECT id FROM kept_state ORDER BY id DESC LIMIT 1 OFFSET ?)',
    );
  }

  of(guid: string): KeptState[] {
    const rows = this.#ofGuid.all(guid) as Array<Omit<KeptState, 'downgraded'> & { downgraded: number }>;
    return rows.map((kept) => ({ ...kept, downgraded: kept.downgraded === 1 }));
  }

  take({ drop, keep = [] }: JournalChange): void {
    if (drop === 'all') this.#dropAll.run();
    else for (const guid of drop ?? []) this.#drop.run(guid);
    for (const kept of keep) this.#keep.run({ ...kept, downgraded: kept.downgraded ? 1 : 0 });
    if (keep.length > 0) this.#trim.run(MOST);
  }
}
