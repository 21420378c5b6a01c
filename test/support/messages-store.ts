import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { MacosRelease, MessagesStore } from '../../agent/virtual-mac/types.ts';
import { ManualClock } from './manual-clock.ts';

/** A store that closes when the running test ends. */
export function openStore(home: string, macos: MacosRelease, line: string): MessagesStore {
  const store = openMessagesStore({ home, macos, line, clock: new ManualClock() });
  onTestFinished(() => store.close());
  return store;
}

/** A read-only connection with exact integers that closes when the running test ends. */
export function openReader(file: string): Database.Database {
  const db = new Database(file, { readonly: true });
  db.defaultSafeIntegers(true);
  onTestFinished(() => void db.close());
  return db;
}

/** Every column of the message with a guid; integers as BigInt. */
export function messageRow(db: Database.Database, guid: string): Record<string, unknown> {
  const row = db.prepare<[string], Record<string, unknown>>('SELECT * FROM message WHERE guid = ?').get(guid);
  if (!row) throw new Error('no such message');
  return row;
}
