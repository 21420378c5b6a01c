import Database from 'better-sqlite3';
import { monotonicMs } from '../inbound/monotonic.ts';

/** Transactions that put one row of the size of an event on the disk, with the settings of the journal; `commit` returns its milliseconds. */
export function openBare(file: string): { commit(count: number): number; close(): void } {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO bare (body) VALUES (?)');
  const commit = db.transaction((body: string) => insert.run(body));
  const body = 'x'.repeat(200);
  return {
    commit(count) {
      const begun = monotonicMs();
      for (let n = 0; n < count; n += 1) commit.immediate(body);
      return monotonicMs() - begun;
    },
    close: () => db.close(),
  };
}
