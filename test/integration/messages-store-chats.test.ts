import { describe, expect, test } from 'vitest';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { openReader } from '../support/messages-store.ts';
import {
  AT,
  AT_NS,
  AT_S,
  direct,
  LINE,
  messagesStore,
  OTHER,
  PEER,
  them,
} from '../support/written-messages.ts';

describe.each(macosReleases)('groups on macOS %s', (macos) => {
  test('a group is a chat of style 43 whose joins name the room', () => {
    const { store, db, row, message } = messagesStore(macos);
    const group = store.createGroup({ members: [PEER, OTHER], name: 'Trip' });
    const prefix = macos === '26' || macos === '27' ? 'any' : 'iMessage';
    expect(db.prepare('SELECT * FROM chat').all()).toMatchObject([
      {
        guid: `${prefix};+;${group}`,
        style: 43n,
        chat_identifier: group,
        room_name: group,
        display_name: 'Trip',
        service_name: 'iMessage',
      },
    ]);
    expect(group).toMatch(/^chat\d{14,}$/);

    const loose = store.insertMessage({ chat: { group }, sender: them, parts: [], at: AT });
    expect(row(loose.guid).cache_roomnames).toBeNull();
    store.joinChat(loose, { group });
    expect(row(loose.guid).cache_roomnames).toBe(group);

    const mine = message({ chat: { group }, sender: 'me' });
    expect(row(mine.guid)).toMatchObject({ handle_id: 0n, reply_to_guid: loose.guid });
    const other = message({ chat: { group }, sender: { handle: OTHER } });
    const sender = db.prepare('SELECT id FROM handle WHERE ROWID = ?').get(row(other.guid).handle_id);
    expect(sender).toEqual({ id: OTHER });
    expect(() => message({ chat: { group: 'chat0' } })).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });

  test('its notes change it', () => {
    const { store, db, row } = messagesStore(macos);
    const group = store.createGroup({ members: [PEER] });
    const members = () =>
      db
        .prepare('SELECT id FROM chat_handle_join JOIN handle ON handle.ROWID = handle_id ORDER BY id')
        .pluck()
        .all();
    const name = () => db.prepare('SELECT display_name FROM chat').pluck().get();

    const added = store.insertNote({ group }, { kind: 'added', handle: OTHER }, them, AT);
    expect(row(added.guid)).toMatchObject({ item_type: 1n, group_action_type: 0n, attributedBody: null });
    expect(row(added.guid).other_handle).not.toBe(row(added.guid).handle_id);
    expect(members()).toEqual([OTHER, PEER]);
    const renamed = store.insertNote({ group }, { kind: 'renamed', name: 'New' }, 'me', AT);
    expect(row(renamed.guid)).toMatchObject({
      item_type: 2n,
      group_title: 'New',
      is_from_me: 1n,
      handle_id: 0n,
    });
    expect(name()).toBe('New');
    const removed = store.insertNote({ group }, { kind: 'removed', handle: OTHER }, 'me', AT);
    expect(row(removed.guid)).toMatchObject({ item_type: 1n, group_action_type: 1n });
    expect(members()).toEqual([PEER]);
    const left = store.insertNote({ group }, { kind: 'left' }, them, AT);
    expect(row(left.guid)).toMatchObject({ item_type: 3n, group_action_type: 0n });
    expect(members()).toEqual([]);
    const photo = store.insertNote({ group }, { kind: 'photo-set' }, 'me', AT);
    expect(row(photo.guid)).toMatchObject({ item_type: 3n, group_action_type: 1n });
  });
});

test('notes stand in chats with one person too', () => {
  const { store, db, row } = messagesStore();
  const call = store.insertNote(direct, { kind: 'facetime' }, 'me', AT);
  store.joinChat(call, direct);
  expect(row(call.guid)).toMatchObject({ item_type: 6n, is_from_me: 1n, attributedBody: null });
  expect(db.prepare('SELECT id FROM handle WHERE ROWID = ?').pluck().get(row(call.guid).handle_id)).toBe(
    PEER,
  );
  const stopped = store.insertNote(direct, { kind: 'location-stopped' }, them, AT);
  expect(row(stopped.guid)).toMatchObject({ item_type: 4n, share_status: 1n, is_from_me: 0n });
});

test('a note to oneself is one row or two, and changes sides', () => {
  const { store, db, row } = messagesStore();
  const [one] = store.insertSelf({ text: 'milk', at: AT, rows: 1 });
  expect(store.chatGuid(LINE)).toBe(`any;-;${LINE}`);
  expect(row(one?.guid ?? '')).toMatchObject({ is_from_me: 1n, is_sent: 1n });
  store.flipFromMe(one?.guid ?? '');
  expect(row(one?.guid ?? '').is_from_me).toBe(0n);
  const two = store.insertSelf({ text: 'bread', at: AT, rows: 2 });
  expect(two.map(({ guid }) => row(guid).is_from_me)).toEqual([1n, 0n]);
  expect(db.prepare('SELECT count(*) AS n FROM chat_message_join').get()).toEqual({ n: 3n });
});

test('a backfill gives old messages new ROWIDs and guids in one commit', () => {
  const { store, db, message } = messagesStore();
  const newest = message();
  const before = Number(db.pragma('data_version', { simple: true }));
  const old = Array.from({ length: 500 }, (_, i) => ({
    chat: direct,
    sender: i % 10 === 0 ? ('me' as const) : them,
    parts: [{ kind: 'text' as const, text: `old ${i}` }],
    at: AT - 86_400_000 * 30 + i,
  }));
  const rows = store.backfill(old);
  expect(Number(db.pragma('data_version', { simple: true }))).toBe(before + 1);
  expect(new Set(rows.map(({ guid }) => guid)).size).toBe(500);
  expect(Math.min(...rows.map(({ rowid }) => rowid))).toBeGreaterThan(newest.rowid);
  const oldest = db.prepare('SELECT max(date) AS date FROM message WHERE ROWID > ?').get(newest.rowid);
  expect(oldest).toEqual({ date: AT_NS - 86_400_000_000_000n * 30n + 499_000_000n });
});

test('a ghost row has neither body nor chat', () => {
  const { store, row } = messagesStore();
  const ghost = store.insertGhost(AT);
  expect(row(ghost.guid)).toMatchObject({
    service: 'SMS',
    is_from_me: 1n,
    attributedBody: null,
    handle_id: 0n,
  });
});

test('calls stand in the history once they are over', () => {
  const { store } = messagesStore();
  const db = openReader(store.callHistoryPath);
  const call = { handles: [PEER], at: AT + 500, durationMs: 61_500 };
  const talked = store.insertCall({ ...call, kind: 'facetime-video', direction: 'out', answered: true });
  store.insertCall({ ...call, kind: 'facetime-audio', direction: 'in', answered: false, durationMs: 0 });
  store.insertCall({
    ...call,
    kind: 'facetime-audio',
    direction: 'in',
    answered: false,
    declined: true,
    handles: [PEER, OTHER],
  });
  expect(db.prepare('SELECT * FROM ZCALLRECORD ORDER BY Z_PK').all()).toMatchObject([
    {
      ZUNIQUE_ID: talked,
      ZCALLTYPE: 8n,
      ZORIGINATED: 1n,
      ZANSWERED: 1n,
      ZDATE: AT_S + 0.5,
      ZDURATION: 61.5,
      ZADDRESS: PEER,
      ZDISCONNECTED_CAUSE: 0n,
    },
    { ZCALLTYPE: 16n, ZORIGINATED: 0n, ZANSWERED: 0n, ZREAD: 0n, ZADDRESS: PEER },
    { ZADDRESS: null, ZDISCONNECTED_CAUSE: 6n },
  ]);
  const participants = db.prepare(
    `SELECT ZVALUE FROM Z_2REMOTEPARTICIPANTHANDLES JOIN ZHANDLE ON Z_PK = Z_4REMOTEPARTICIPANTHANDLES
     WHERE Z_2REMOTEPARTICIPANTCALLS = 3 ORDER BY ZVALUE`,
  );
  expect(participants.pluck().all()).toEqual([OTHER, PEER]);
  expect(db.prepare('SELECT Z_NAME, Z_MAX FROM Z_PRIMARYKEY ORDER BY Z_ENT').all()).toEqual([
    { Z_NAME: 'CallRecord', Z_MAX: 3n },
    { Z_NAME: 'Handle', Z_MAX: 2n },
  ]);
});
