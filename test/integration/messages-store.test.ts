import { statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import { type MacosRelease, type MessagesStore, macosReleases } from '../../agent/virtual-mac/types.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { messageRow, openReader, openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEER = '+14155550199';
const AT = Date.UTC(2026, 4, 1, 12, 0, 0) + 0.25;
/** Nanoseconds from 2001-01-01 to AT. */
const AT_NS = 799_329_600_000_250_000n;

const open = (home: string, macos: MacosRelease = '26'): MessagesStore => openStore(home, macos, LINE);

describe.each(macosReleases)('macOS %s', (macos) => {
  test('a row is there before its join, whole', () => {
    const store = open(tempFolder(), macos);
    const db = openReader(store.databasePath);
    const { guid, rowid } = store.insertIncoming({ from: PEER, text: 'hello 👋', at: AT });

    const row = messageRow(db, guid);
    expect(row).toMatchObject({
      ROWID: BigInt(rowid),
      text: null,
      date: AT_NS,
      service: 'iMessage',
      account: `P:${LINE}`,
      destination_caller_id: LINE,
      is_from_me: 0n,
      is_finished: 1n,
      is_delivered: 1n,
      is_read: 0n,
      is_sent: 0n,
      date_read: 0n,
      reply_to_guid: null,
    });
    expect(guid).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    expect((row.attributedBody as Buffer).includes(Buffer.from('hello 👋'))).toBe(true);
    if (macos !== '12') expect(row.part_count).toBe(1n);
    const handle = db.prepare('SELECT id, service FROM handle WHERE ROWID = ?').get(row.handle_id);
    expect(handle).toEqual({ id: PEER, service: 'iMessage' });
    expect(db.prepare('SELECT count(*) AS n FROM chat_message_join').get()).toEqual({ n: 0n });
  });

  test('the join makes the chat, carries the date and touches the row', () => {
    const store = open(tempFolder(), macos);
    const db = openReader(store.databasePath);
    const row = store.insertIncoming({ from: PEER, text: 'x', at: AT });
    expect(store.chatGuid(PEER)).toBeUndefined();
    const before = db.pragma('data_version', { simple: true });
    store.join(row, PEER);

    expect(db.pragma('data_version', { simple: true })).not.toBe(before);
    const anyService = macos === '26' || macos === '27';
    const guid = `${anyService ? 'any' : 'iMessage'};-;${PEER}`;
    expect(store.chatGuid(PEER)).toBe(guid);
    expect(db.prepare('SELECT * FROM chat').all()).toMatchObject([
      {
        guid,
        style: 45n,
        state: 3n,
        chat_identifier: PEER,
        service_name: 'iMessage',
        room_name: null,
        account_login: `P:${LINE}`,
        last_addressed_handle: LINE,
      },
    ]);
    expect(db.prepare('SELECT message_id, message_date FROM chat_message_join').all()).toEqual([
      { message_id: BigInt(row.rowid), message_date: AT_NS },
    ]);
    expect(db.prepare('SELECT count(*) AS n FROM chat_handle_join').get()).toEqual({ n: 1n });
    if (anyService) {
      expect(db.prepare('SELECT identifier FROM chat_lookup').all()).toEqual([{ identifier: PEER }]);
      expect(db.prepare('SELECT service FROM chat_service').all()).toEqual([{ service: 'iMessage' }]);
    }
  });

  test('an outgoing row goes from unfinished to read, or fails', () => {
    const store = open(tempFolder(), macos);
    const db = openReader(store.databasePath);
    const { guid } = store.insertOutgoing({ to: PEER, text: 'out', at: AT });
    expect(messageRow(db, guid)).toMatchObject({
      is_from_me: 1n,
      is_finished: 0n,
      is_sent: 0n,
      is_delivered: 0n,
      error: 0n,
      destination_caller_id: LINE,
    });
    store.markSent(guid);
    expect(messageRow(db, guid)).toMatchObject({ is_finished: 1n, is_sent: 1n, is_delivered: 0n });
    store.markDelivered(guid, AT);
    expect(messageRow(db, guid)).toMatchObject({ is_delivered: 1n, date_delivered: AT_NS });
    store.markRead(guid, AT + 1);
    expect(messageRow(db, guid)).toMatchObject({ is_read: 1n, date_read: AT_NS + 1_000_000n });

    const failed = store.insertOutgoing({ to: PEER, text: 'nobody', at: AT }).guid;
    store.markFailed(failed, 22);
    expect(messageRow(db, failed)).toMatchObject({ error: 22n, is_finished: 1n, is_sent: 0n });
    const kept = db.prepare("SELECT value FROM kvtable WHERE key = 'lastFailedMessageDate'").get();
    expect(kept).toEqual({ value: AT_NS });
  });

  test('reopening keeps messages and chats, and one chat holds many messages', () => {
    const home = tempFolder();
    const first = openMessagesStore({ home, macos, line: LINE, clock: new ManualClock() });
    const guids = [0, 1, 2].map((i) => {
      const row = first.insertIncoming({ from: PEER, text: `m${i}`, at: AT + i });
      first.join(row, PEER);
      return row.guid;
    });
    const chat = first.chatGuid(PEER);
    first.close();

    const store = open(home, macos);
    const row = store.insertOutgoing({ to: PEER, text: 'later', at: AT + 3 });
    store.join(row, PEER);
    const db = openReader(store.databasePath);
    expect(store.chatGuid(PEER)).toBe(chat);
    expect(db.prepare('SELECT count(*) AS n FROM chat').get()).toEqual({ n: 1n });
    expect(db.prepare('SELECT count(*) AS n FROM chat_handle_join').get()).toEqual({ n: 1n });
    expect(db.prepare('SELECT count(DISTINCT account_id) AS n FROM chat').get()).toEqual({ n: 1n });
    expect(db.prepare('SELECT guid, reply_to_guid FROM message ORDER BY ROWID').all()).toEqual([
      { guid: guids[0], reply_to_guid: null },
      { guid: guids[1], reply_to_guid: guids[0] },
      { guid: guids[2], reply_to_guid: guids[1] },
      { guid: row.guid, reply_to_guid: guids[2] },
    ]);
  });
});

test('a chat on another service is another chat before 26 and the same chat since', () => {
  const chats = (macos: MacosRelease): unknown[] => {
    const store = open(tempFolder(), macos);
    for (const service of ['iMessage', 'SMS']) {
      store.join(store.insertIncoming({ from: PEER, text: service, at: AT, service }), PEER);
    }
    return openReader(store.databasePath).prepare('SELECT guid FROM chat ORDER BY ROWID').all();
  };
  expect(chats('15')).toEqual([{ guid: `iMessage;-;${PEER}` }, { guid: `SMS;-;${PEER}` }]);
  expect(chats('26')).toEqual([{ guid: `any;-;${PEER}` }]);
});

test('files are open to their owner alone, also -wal and -shm', () => {
  const home = tempFolder();
  const store = open(home);
  store.insertIncoming({ from: PEER, text: 'x', at: AT });
  const mode = (file: string): number => statSync(file).mode & 0o777;
  for (const suffix of ['', '-wal', '-shm']) expect(mode(store.databasePath + suffix)).toBe(0o600);
  expect(mode(store.callHistoryPath)).toBe(0o600);
  expect(mode(path.dirname(store.databasePath))).toBe(0o700);
  expect(mode(path.join(home, 'Library'))).toBe(0o700);
  expect(openReader(store.callHistoryPath).prepare('SELECT count(*) AS n FROM ZCALLRECORD').get()).toEqual({
    n: 0n,
  });
});

test('an unknown guid is refused', () => {
  const store = open(tempFolder());
  const refusal = expect.objectContaining({ code: 'not_found' });
  expect(() => store.markSent('NOT-THERE')).toThrow(refusal);
  expect(() => store.markDelivered('NOT-THERE', AT)).toThrow(refusal);
  expect(() => store.markRead('NOT-THERE', AT)).toThrow(refusal);
  expect(() => store.markFailed('NOT-THERE', 22)).toThrow(refusal);
  expect(() => store.join({ rowid: 99, guid: 'NOT-THERE' }, PEER)).toThrow(refusal);
});

test('another client writes rows and joins beside the store, but no chats', () => {
  const store = open(tempFolder());
  store.join(store.insertIncoming({ from: PEER, text: 'first', at: AT }), PEER);
  const other = new Database(store.databasePath, { timeout: 5_000 });
  onTestFinished(() => void other.close());
  other
    .prepare("INSERT INTO message (guid, date, service, handle_id) VALUES ('FOREIGN', ?, 'iMessage', 1)")
    .run(AT_NS);
  other
    .prepare(
      "INSERT INTO chat_message_join (chat_id, message_id) SELECT 1, ROWID FROM message WHERE guid = 'FOREIGN'",
    )
    .run();
  other.prepare("UPDATE message SET is_read = 1 WHERE guid = 'FOREIGN'").run();
  expect(() => other.prepare("INSERT INTO chat (guid) VALUES ('any;-;x')").run()).toThrow(/verify_chat/);

  store.markDelivered('FOREIGN', AT);
  const next = store.insertOutgoing({ to: PEER, text: 'next', at: AT + 5 });
  expect(messageRow(openReader(store.databasePath), next.guid)).toMatchObject({ handle_id: 1n });
});

test('an email is one handle however it is written', () => {
  const store = open(tempFolder());
  store.join(store.insertIncoming({ from: 'Ann@Example.com', text: 'x', at: AT }), 'ann@example.COM');
  const db = openReader(store.databasePath);
  expect(db.prepare('SELECT id FROM handle').all()).toEqual([{ id: 'ann@example.com' }]);
  expect(store.chatGuid('ANN@example.com')).toBe('any;-;ann@example.com');
});
