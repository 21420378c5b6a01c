import Database from 'better-sqlite3';
import type { WatcherReply } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

/** The bare limit: asks without pause whether anybody committed, and tells each message that is joined. */
const [databasePath = ''] = process.argv.slice(2);
const db = new Database(databasePath, { readonly: true });
const version = db.prepare<[], number>('PRAGMA data_version').pluck();
const joined = db.prepare<[number], { rowid: number; guid: string }>(
  `SELECT m.ROWID AS rowid, m.guid FROM message m
   WHERE m.ROWID > ? AND EXISTS (SELECT 1 FROM chat_message_join WHERE message_id = m.ROWID)`,
);

const say = (reply: WatcherReply): void => void process.send?.(reply);

let seen = version.get();
let last = joined.all(0).at(-1)?.rowid ?? 0;
const look = (): void => {
  const now = version.get();
  if (now !== seen) {
    seen = now;
    for (const row of joined.all(last)) {
      last = row.rowid;
      say({ heard: row.guid, at: monotonicMs() });
    }
  }
  setImmediate(look);
};
look();
say({ ready: true });
