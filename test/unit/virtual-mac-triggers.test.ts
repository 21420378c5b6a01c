import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registerAppFunctions } from '../../agent/virtual-mac/messages-store/app-functions.ts';
import { messagesSchema } from '../../agent/virtual-mac/schema/schema.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';

const captures = path.resolve(import.meta.dirname, '../../../shared/schemas');

/** Releases whose triggers were captured. */
const captured = {
  '12': 'chatdb-schema-macos-12.sql',
  '13': 'chatdb-schema-macos-13.sql',
  '26': 'chatdb-schema-macos-26.5.2.sql',
} as const satisfies Partial<Record<MacosRelease, string>>;

const KEYS = 4;

function filled(statements: readonly string[]): Database.Database {
  const db = new Database(':memory:');
  registerAppFunctions(db);
  db.function('is_mic_enabled', { varargs: true }, () => 1);
  db.pragma('foreign_keys = ON');
  for (const statement of statements) db.exec(statement);
  for (let i = 1; i <= KEYS; i += 1) {
    db.exec(`INSERT INTO handle (ROWID, id, service) VALUES (${i}, 'h${i}', 'iMessage');
      INSERT INTO chat (ROWID, guid, room_name, chat_identifier, style) VALUES (${i}, 'c${i}', 'room${i}', 'i', 43);
      INSERT INTO attachment (ROWID, guid, original_guid) VALUES (${i}, 'a${i}', 'a${i}');
      INSERT INTO message (ROWID, guid, service, handle_id, other_handle, date, balloon_bundle_id)
      VALUES (${i}, 'm${i}', 'SMS', ${i}, ${(i % KEYS) + 1}, ${i * 10}, ${i % 2 ? "'b'" : 'NULL'})`);
  }
  if (statements.join('').includes('index_state_metrics')) {
    db.exec(`INSERT INTO index_state_metrics DEFAULT VALUES;
      INSERT INTO sync_chat_slice (service_name, ck_record_id, chat) VALUES ('SMS', 'r1', 1), ('SMS', 'r2', 2)`);
  }
  return db;
}

const dump = (db: Database.Database): Record<string, unknown> => {
  const names = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .all();
  return Object.fromEntries(
    names.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).raw().all()]),
  );
};

const key = fc.integer({ min: 1, max: KEYS });

/** One write of Messages, as SQL. */
const write = (release: MacosRelease): fc.Arbitrary<string> => {
  const pair = (table: string, columns: string): fc.Arbitrary<string> =>
    fc.tuple(key, key).map(([a, b]) => `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${a}, ${b})`);
  const drop = (table: string, column = 'ROWID'): fc.Arbitrary<string> =>
    key.map((value) => `DELETE FROM ${table} WHERE ${column} = ${value}`);
  const set = (column: string): fc.Arbitrary<string> =>
    fc
      .tuple(key, fc.integer({ min: 0, max: 99 }))
      .map(([id, value]) => `UPDATE message SET ${column} = ${value} WHERE ROWID = ${id}`);
  const writes = [
    pair('chat_message_join', 'chat_id, message_id'),
    pair('chat_handle_join', 'chat_id, handle_id'),
    pair('message_attachment_join', 'message_id, attachment_id'),
    drop('message'),
    drop('chat'),
    drop('attachment'),
    drop('chat_message_join', 'chat_id'),
    drop('chat_message_join', 'message_id'),
    drop('chat_handle_join', 'chat_id'),
    drop('message_attachment_join', 'message_id'),
    set('date'),
    set('error'),
  ];
  if (release !== '12') {
    writes.push(
      fc
        .tuple(key, key)
        .map(
          ([chat, message]) =>
            `INSERT OR IGNORE INTO chat_recoverable_message_join (chat_id, message_id, delete_date) VALUES (${chat}, ${message}, 1)`,
        ),
      drop('chat_recoverable_message_join', 'message_id'),
    );
  }
  if (release === '26') {
    writes.push(
      fc
        .tuple(key, fc.integer({ min: 0, max: 3 }))
        .map(([id, state]) => `UPDATE message SET index_state = ${state} WHERE ROWID = ${id}`),
      key.map((id) => `UPDATE chat SET guid = 'renamed${id}' WHERE ROWID = ${id}`),
    );
  }
  return fc.oneof(...writes);
};

/** Runs a write; a refusal by a constraint counts as an outcome too. */
const outcome = (db: Database.Database, sql: string): string => {
  try {
    return `${db.prepare(sql).run().changes}`;
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.code;
    throw error;
  }
};

describe.skipIf(!existsSync(captures))('triggers act as the captured ones', () => {
  test.each(Object.entries(captured))('on macOS %s', (name, file) => {
    const release = name as keyof typeof captured;
    const theirs = [readFileSync(path.join(captures, file), 'utf8')];
    const ours = messagesSchema(release);
    fc.assert(
      fc.property(fc.array(write(release), { minLength: 5, maxLength: 40 }), (writes) => {
        const [a, b] = [filled(ours), filled(theirs)];
        for (const sql of writes) expect([sql, outcome(a, sql)]).toEqual([sql, outcome(b, sql)]);
        expect(dump(a)).toEqual(dump(b));
        a.close();
        b.close();
      }),
      { numRuns: 60 },
    );
  });
});
