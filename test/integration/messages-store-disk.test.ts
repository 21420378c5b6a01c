import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MacosRelease, MessagesStore } from '../../agent/virtual-mac/types.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEER = '+14155550199';
const AT = Date.UTC(2026, 4, 1, 12);

const setup = (macos: MacosRelease = '26'): MessagesStore => openStore(tempFolder(), macos, LINE);

function write(store: MessagesStore, text: string, at = AT): number {
  const row = store.insertIncoming({ from: PEER, text, at });
  store.join(row, PEER);
  return row.rowid;
}

/** What a client that opens the file now sees. */
function seen<T>(store: MessagesStore, read: (db: Database.Database) => T): T {
  const db = new Database(store.databasePath, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const count = (db: Database.Database): unknown => db.prepare('SELECT count(*) FROM message').pluck().get();

/** A reader in a process of its own, which keeps its connection until it is asked to open another. */
function otherProcess(file: string): (question: 'count' | 'reopen') => Promise<string> {
  const program = `
    const Database = require('better-sqlite3');
    const open = () => new Database(process.argv[1], { readonly: true, timeout: 100 });
    let db = open();
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'reopen') {
        db.close();
        db = open();
      }
      try {
        console.log(db.prepare('SELECT count(*) FROM message').pluck().get());
      } catch (error) {
        console.log(error.code);
      }
    });
  `;
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, ['-e', program, file]);
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (question) => {
    child.stdin.write(`${question}\n`);
    return String((await lines.next()).value);
  };
}

test('a swapped -wal is another file, and nothing is lost', async () => {
  const store = setup();
  write(store, 'before');
  const ask = otherProcess(store.databasePath);
  expect(await ask('count')).toBe('1');
  const before = statSync(`${store.databasePath}-wal`);
  const database = statSync(store.databasePath).ino;
  store.disk.swapWal();
  write(store, 'after');
  const after = statSync(`${store.databasePath}-wal`);
  expect([after.ino, after.birthtimeMs]).not.toEqual([before.ino, before.birthtimeMs]);
  expect(statSync(store.databasePath).ino).toBe(database);
  expect(await ask('count'), 'a connection from before the swap stays in the past').toBe('1');
  expect(await ask('reopen')).toBe('2');
  write(store, 'third');
  expect(await ask('count')).toBe('3');
});

describe.each(macosReleases)('a rebuilt database on macOS %s', (macos) => {
  test('is another file with ROWIDs from 1 in order of date', () => {
    const store = setup(macos);
    for (let i = 0; i < 5; i += 1) write(store, `m${i}`, AT - i * 1_000);
    const group = store.createGroup({ members: [PEER, '+14155550188'], name: 'Trip' });
    const rich = store.insertMessage({
      chat: { group },
      sender: { handle: PEER },
      parts: [{ kind: 'attachment' }],
      at: AT + 1_000,
    });
    store.joinChat(rich, { group });
    const attachment = store.attach(rich, { part: 0, name: 'a.png', totalBytes: 1, at: AT });
    const facts = (db: Database.Database): unknown[] =>
      db
        .prepare(
          `SELECT message.guid, CAST(message.date AS TEXT) AS date, handle.id, handle.service, chat.guid AS chat,
             attachment.guid AS attachment, message.cache_roomnames, message.cache_has_attachments
           FROM message LEFT JOIN handle ON handle.ROWID = message.handle_id
           LEFT JOIN chat_message_join AS link ON link.message_id = message.ROWID
           LEFT JOIN chat ON chat.ROWID = link.chat_id
           LEFT JOIN message_attachment_join AS file ON file.message_id = message.ROWID
           LEFT JOIN attachment ON attachment.ROWID = file.attachment_id ORDER BY message.date`,
        )
        .all();
    const before = seen(store, facts);
    const inode = statSync(store.databasePath).ino;
    store.disk.rebuild();

    expect(statSync(store.databasePath).ino).not.toBe(inode);
    expect(seen(store, facts)).toEqual(before);
    const rowids = seen(store, (db) => db.prepare('SELECT ROWID FROM message ORDER BY date').pluck().all());
    expect(rowids).toEqual([1, 2, 3, 4, 5, 6]);
    store.setTransfer(attachment, 5, Buffer.from('x'));
    expect(write(store, 'next', AT + 2_000)).toBe(7);
    expect(statSync(store.databasePath).mode & 0o777).toBe(0o600);
  });

  test('without its oldest rows gives new mail ROWIDs below the old ones', () => {
    const store = setup(macos);
    for (let i = 0; i < 10; i += 1) write(store, `m${i}`, AT + i);
    store.disk.rebuild({ dropOldest: 8 });
    expect(write(store, 'next', AT + 20)).toBe(3);
    const links = seen(store, (db) => db.prepare('SELECT count(*) FROM chat_message_join').pluck().get());
    expect(links).toBe(3);
  });
});

test('a database that is taken away refuses writes until it is restored', () => {
  const store = setup();
  write(store, 'before');
  store.disk.takeAway();
  expect(existsSync(store.databasePath)).toBe(false);
  expect(() => write(store, 'lost')).toThrow(expect.objectContaining({ code: 'database_away' }));
  store.disk.restoreHalf();
  expect(() => seen(store, (db) => db.pragma('integrity_check(1)', { simple: true }))).toThrow();
  store.disk.restore();
  write(store, 'after');
  expect(seen(store, count)).toBe(2);
});

test.for([
  ['half', 'copied'],
  ['empty', 'copied'],
  ['empty', 'moved'],
  ['garbage', 'moved'],
  ['garbage', 'copied'],
] as const)('a file that is %s for a moment is whole again once its bytes are %s', ([how, back]) => {
  const store = setup();
  write(store, 'before');
  store.disk.takeAway();
  store.disk.restoreHalf(how);
  expect(store.disk.readable).toBe(false);
  const between = statSync(store.databasePath).ino;
  expect(() => seen(store, count)).toThrow();
  store.disk.restore(back);
  expect(statSync(store.databasePath).ino === between).toBe(back === 'copied');
  expect(store.disk.readable).toBe(true);
  write(store, 'after');
  expect(seen(store, count)).toBe(2);
});

test('a locked database is written by Messages alone, and is what it was once it is unlocked', async () => {
  const store = setup();
  write(store, 'before');
  store.disk.lock();
  expect(store.disk.readable).toBe(false);
  const ask = otherProcess(store.databasePath);
  await expect(ask('count')).resolves.toBe('SQLITE_BUSY');
  write(store, 'meanwhile');
  store.disk.unlock();
  expect(await ask('reopen')).toBe('2');
  write(store, 'after');
  expect(await ask('count')).toBe('3');
  expect(seen(store, (db) => db.pragma('journal_mode', { simple: true }))).toBe('wal');
  store.disk.lock();
  store.disk.swapWal();
  expect(store.disk.readable).toBe(true);
});

test('columns come and go while the store writes', () => {
  const store = setup();
  write(store, 'before');
  store.disk.addColumn('message', 'filter_action', 'INTEGER DEFAULT 0');
  const junk = store.insertMessage({
    chat: { handle: PEER },
    sender: { handle: PEER },
    parts: [],
    at: AT,
    junk: true,
  });
  const action = (db: Database.Database): unknown =>
    db.prepare('SELECT filter_action FROM message WHERE guid = ?').pluck().get(junk.guid);
  expect(seen(store, action)).toBe(2);
  store.disk.dropColumn('message', 'was_detonated');
  store.disk.dropColumn('message', 'part_count');
  write(store, 'after');
  expect(seen(store, count)).toBe(3);
  expect(() => store.disk.addColumn('message; DROP TABLE chat', 'x', 'TEXT')).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  );
});
