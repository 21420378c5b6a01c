import { readFileSync, statSync } from 'node:fs';
import { parseBuffer } from 'bplist-parser';
import { describe, expect, test } from 'vitest';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { appBalloon, LINK_BALLOON, linkPayload } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { type FullMessage, type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { messageRow, openReader, openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEER = '+14155550199';
const OTHER = '+14155550188';
const AT = Date.UTC(2026, 4, 1, 12);
/** Seconds and nanoseconds from 2001-01-01 to AT. */
const AT_S = 799_329_600;
const AT_NS = 799_329_600_000_000_000n;

const direct = { handle: PEER };
const them = { handle: PEER };

function setup(macos: MacosRelease = '26') {
  const home = tempFolder();
  const store = openStore(home, macos, LINE);
  const db = openReader(store.databasePath);
  const row = (guid: string) => messageRow(db, guid);
  const text = (guid: string) => decodeAttributedBody(row(guid).attributedBody as Buffer).text;
  const summary = (guid: string) => parseBuffer(row(guid).message_summary_info as Buffer)[0];
  const message = (over: Partial<FullMessage> = {}) => {
    const written = store.insertMessage({
      chat: direct,
      sender: them,
      parts: [{ kind: 'text', text: 'hello' }],
      at: AT,
      ...over,
    });
    store.joinChat(written, over.chat ?? direct);
    return written;
  };
  return { store, db, row, text, summary, message };
}

describe('attachments', () => {
  test('come after their message, step by step, with a file at the end', () => {
    const { store, db, row } = setup();
    const written = store.insertMessage({
      chat: direct,
      sender: them,
      parts: [{ kind: 'attachment' }, { kind: 'text', text: 'look' }],
      at: AT,
    });
    expect(row(written.guid)).toMatchObject({ cache_has_attachments: 1n, part_count: 2n });
    const body = decodeAttributedBody(row(written.guid).attributedBody as Buffer);
    expect(body.text).toBe('\uFFFClook');
    expect(body.runs[0]?.attributes).toEqual({
      __kIMFileTransferGUIDAttributeName: `at_0_${written.guid}`,
      __kIMMessagePartAttributeName: 0,
    });

    const content = Buffer.from('the whole of the picture');
    const guid = store.attach(written, {
      part: 0,
      name: '../../IMG_0001.heic',
      mime: 'image/heic',
      uti: 'public.heic',
      totalBytes: content.length,
      at: AT,
    });
    expect(guid).toBe(`at_0_${written.guid}`);
    const attachment = () => db.prepare('SELECT * FROM attachment WHERE guid = ?').get(guid);
    expect(attachment()).toMatchObject({
      filename: null,
      transfer_state: 0n,
      is_outgoing: 0n,
      created_date: BigInt(AT_S),
      total_bytes: BigInt(content.length),
    });
    expect(store.attachmentPath(guid)).toBeUndefined();

    store.setTransfer(guid, 3, content.subarray(0, 5));
    const file = store.attachmentPath(guid) ?? '';
    expect(file).toMatch(
      /Library\/Messages\/Attachments\/[0-9a-f]{2}\/\d{2}\/[0-9A-F-]{36}\/IMG_0001\.heic$/,
    );
    expect(readFileSync(file, 'utf8')).toBe('the w');
    store.setTransfer(guid, 5, content);
    expect(attachment()).toMatchObject({ transfer_state: 5n });
    expect(readFileSync(file)).toEqual(content);
    expect(store.attachmentPath(guid)).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => store.setTransfer('none', 5)).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  test('the join of an attachment touches its message', () => {
    const { store, row, message } = setup();
    const written = message();
    expect(row(written.guid).cache_has_attachments).toBe(0n);
    store.attach(written, {
      part: 1,
      name: 'x.pluginPayloadAttachment',
      hidden: true,
      totalBytes: 3,
      at: AT,
    });
    expect(row(written.guid).cache_has_attachments).toBe(1n);
  });
});

describe('tapbacks', () => {
  test('name the part, and a sender has one on it, each time under a new ROWID', () => {
    const { store, db, row, text, summary, message } = setup();
    const target = message({ sender: 'me', parts: [{ kind: 'attachment' }, { kind: 'text', text: 'yes?' }] });
    const love = store.insertTapback({
      kind: 'love',
      target: { guid: target.guid, part: 1 },
      sender: them,
      at: AT + 1,
    });
    expect(row(love.guid)).toMatchObject({
      associated_message_guid: `p:1/${target.guid}`,
      associated_message_type: 2000n,
      associated_message_range_location: 1n,
      associated_message_range_length: 4n,
      is_from_me: 0n,
    });
    expect(text(love.guid)).toBe('Loved “yes?”');
    expect(summary(love.guid)).toEqual({ amc: 2000, ams: 'yes?', ust: true });

    const mine = store.insertTapback({
      kind: 'like',
      target: { guid: target.guid, part: 1 },
      sender: 'me',
      at: AT,
    });
    const laugh = store.insertTapback({
      kind: 'laugh',
      target: { guid: target.guid, part: 1 },
      sender: them,
      at: AT + 2,
    });
    const removed = store.insertTapback({
      kind: 'laugh',
      target: { guid: target.guid, part: 1 },
      sender: them,
      at: AT + 3,
      remove: true,
    });
    expect(removed.rowid).toBeGreaterThan(laugh.rowid);
    const standing = db
      .prepare('SELECT guid, associated_message_type AS type FROM message WHERE associated_message_type > 0')
      .all();
    expect(standing).toEqual([
      { guid: mine.guid, type: 2001n },
      { guid: removed.guid, type: 3003n },
    ]);
    const told = db.prepare('SELECT guid FROM deleted_messages ORDER BY ROWID').all();
    expect(told).toEqual([{ guid: love.guid }, { guid: laugh.guid }]);
  });

  test.each(macosReleases)('with an emoji on macOS %s', (macos) => {
    const { store, row, text, message } = setup(macos);
    const { guid } = store.insertTapback({
      kind: 'emoji',
      emoji: '🎉',
      target: { guid: message().guid },
      sender: them,
      at: AT,
    });
    expect(text(guid)).toBe('Reacted 🎉 to “hello”');
    const known = ['15', '26', '27'].includes(macos);
    expect(row(guid).associated_message_type).toBe(known ? 2006n : 0n);
    expect(row(guid).associated_message_emoji).toBe(known ? '🎉' : undefined);
  });
});

test('a reply names part, start and length; an ordinary message only the one before it', () => {
  const { row, message } = setup();
  const first = message({ parts: [{ kind: 'attachment' }, { kind: 'text', text: 'one 👋' }] });
  const reply = message({ at: AT + 1, replyTo: { guid: first.guid, part: 1 } });
  const lost = message({ at: AT + 2, replyTo: { guid: 'GONE' } });
  expect(row(reply.guid)).toMatchObject({
    thread_originator_guid: first.guid,
    thread_originator_part: '1:1:6',
    reply_to_guid: first.guid,
  });
  expect(row(lost.guid).thread_originator_part).toBe('0:0:18446744073709551615');
  expect(row(first.guid).thread_originator_guid).toBeNull();
});

describe('edits and unsends', () => {
  test('every version is kept, the original first', () => {
    const { store, row, text, summary, message } = setup();
    const { guid } = message();
    store.editMessage(guid, { text: 'hello you', at: AT + 1_500 });
    store.editMessage(guid, { text: 'goodbye', at: AT + 2_000 });
    expect(text(guid)).toBe('goodbye');
    expect(row(guid)).toMatchObject({
      text: null,
      date_edited: AT_NS + 2_000_000_000n,
      date_retracted: 0n,
      date: AT_NS,
    });
    const { ec, ep, otr } = summary(guid);
    expect(ep).toEqual([0]);
    expect(otr).toEqual({ 0: { lo: 0, le: 5 } });
    const versions = ec['0'].map(({ t, d }: { t: Buffer; d: number }) => [decodeAttributedBody(t).text, d]);
    expect(versions).toEqual([
      ['hello', AT_S],
      ['hello you', AT_S + 1.5],
      ['goodbye', AT_S + 2],
    ]);
  });

  test('one part is edited, another taken back, the rest keeps its number', () => {
    const { store, row, text, summary, message } = setup();
    const { guid } = message({
      parts: [{ kind: 'text', text: 'a' }, { kind: 'attachment' }, { kind: 'text', text: 'ccc' }],
    });
    store.editMessage(guid, { part: 2, text: 'dd', at: AT + 1_000 });
    store.unsendMessage(guid, { parts: [0, 1], at: AT + 2_000 });
    const body = decodeAttributedBody(row(guid).attributedBody as Buffer);
    expect(body.runs).toEqual([{ start: 0, length: 2, attributes: { __kIMMessagePartAttributeName: 2 } }]);
    expect(text(guid)).toBe('dd');
    expect(row(guid)).toMatchObject({ part_count: 1n, is_empty: 0n, date_retracted: 0n });
    expect(summary(guid)).toMatchObject({
      rp: [0, 1],
      ep: [2],
      otr: { 0: { lo: 0, le: 1 }, 1: { lo: 1, le: 1 }, 2: { lo: 2, le: 3 } },
    });
    expect(() => store.editMessage(guid, { part: 0, text: 'x', at: AT })).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });

  test('a whole message is emptied, also in a store that was opened again', () => {
    const home = tempFolder();
    const first = openStore(home, '26', LINE);
    const { guid } = first.insertMessage({
      chat: direct,
      sender: 'me',
      parts: [{ kind: 'text', text: 'oops' }],
      at: AT,
    });
    first.editMessage(guid, { text: 'ooops', at: AT + 1_000 });
    first.close();
    const store = openStore(home, '26', LINE);
    store.unsendMessage(guid, { at: AT + 2_000 });
    const row = messageRow(openReader(store.databasePath), guid);
    expect(row).toMatchObject({
      attributedBody: null,
      text: null,
      is_empty: 1n,
      part_count: 0n,
      date_edited: AT_NS + 2_000_000_000n,
    });
    const [summary] = parseBuffer(row.message_summary_info as Buffer);
    expect(summary.rp).toEqual([0]);
    expect(summary.ec['0']).toHaveLength(2);
  });

  test('macOS 12 knows neither', () => {
    const { store, message } = setup('12');
    const { guid } = message();
    const refusal = expect.objectContaining({ code: 'unsupported_release' });
    expect(() => store.editMessage(guid, { text: 'x', at: AT })).toThrow(refusal);
    expect(() => store.unsendMessage(guid, { at: AT })).toThrow(refusal);
  });
});

test('effect, audio, balloon, junk and own address stand in their columns', () => {
  const { store, row, message } = setup('27');
  const effect = 'com.apple.MobileSMS.expressivesend.impact';
  expect(row(message({ effect }).guid).expressive_send_style_id).toBe(effect);
  const audio = message({ audio: true, parts: [{ kind: 'attachment' }] });
  store.markPlayed(audio.guid, AT);
  expect(row(audio.guid)).toMatchObject({ is_audio_message: 1n, is_played: 1n, date_played: AT_NS });
  expect(row(message({ junk: true }).guid)).toMatchObject({ is_spam: 1n, filter_action: 2n });
  expect(row(message({ ownAddress: 'me@example.com' }).guid).destination_caller_id).toBe('me@example.com');

  const link = message({ parts: [{ kind: 'text', text: 'https://example.com' }] });
  expect(row(link.guid).balloon_bundle_id).toBeNull();
  store.setBalloon(link.guid, {
    bundleId: LINK_BALLOON,
    payload: linkPayload({ url: 'https://example.com', title: 'Example' }),
  });
  const later = row(link.guid);
  expect(later.balloon_bundle_id).toBe(LINK_BALLOON);
  const [archive] = parseBuffer(later.payload_data as Buffer);
  expect(archive.$archiver).toBe('NSKeyedArchiver');
  const root = archive.$objects[archive.$top.root.UID];
  const metadata = archive.$objects[root.richLinkMetadata.UID];
  expect(archive.$objects[metadata.title.UID]).toBe('Example');
  expect(archive.$objects[archive.$objects[metadata.URL.UID]['NS.relative'].UID]).toBe('https://example.com');

  const tapback = store.insertTapback({ kind: 'love', target: { guid: link.guid }, sender: them, at: AT });
  expect(row(tapback.guid).associated_message_guid).toBe(`bp:${link.guid}`);
});

test('an app balloon stands in its row, and what belongs to it names it', () => {
  const { row, message } = setup();
  const bundleId = appBalloon('com.apple.findmy.FindMyMessagesApp');
  const poll = message({ balloon: { bundleId, payload: Buffer.from('p') }, parts: [{ kind: 'attachment' }] });
  expect(row(poll.guid)).toMatchObject({
    balloon_bundle_id:
      'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.findmy.FindMyMessagesApp',
    payload_data: Buffer.from('p'),
  });
  const vote = message({ associated: { guid: poll.guid, type: 4000 }, balloon: { bundleId }, parts: [] });
  expect(row(vote.guid)).toMatchObject({
    associated_message_type: 4000n,
    associated_message_guid: poll.guid,
    attributedBody: null,
  });
  const sticker = message({ associated: { guid: vote.guid, type: 1000 }, parts: [{ kind: 'attachment' }] });
  expect(row(sticker.guid).associated_message_guid).toBe(`bp:${vote.guid}`);
});

test('a message is downgraded, sent later, or donated in its own row', () => {
  const { store, db, row, message } = setup();
  const down = message({ sender: 'me' });
  store.downgrade(down.guid);
  expect(row(down.guid)).toMatchObject({ service: 'SMS', was_downgraded: 1n });

  const later = message({ sender: 'me', scheduled: true, at: AT + 60_000 });
  expect(row(later.guid)).toMatchObject({ schedule_type: 2n, schedule_state: 1n, is_sent: 0n });
  store.sendScheduled(later.guid, AT + 61_000);
  expect(row(later.guid)).toMatchObject({ schedule_state: 2n, is_sent: 1n, date: AT_NS + 61_000_000_000n });
  const joined = db
    .prepare('SELECT message_date FROM chat_message_join WHERE message_id = ?')
    .get(later.rowid);
  expect(joined).toEqual({ message_date: AT_NS + 61_000_000_000n });

  store.reindex(later.guid);
  const states = db
    .prepare('SELECT index_state FROM chat_message_join WHERE message_id = ?')
    .get(later.rowid);
  expect(states).toEqual({ index_state: 1n });
  expect(() => setup('14').message({ scheduled: true })).toThrow(
    expect.objectContaining({ code: 'unsupported_release' }),
  );
});

describe.each(macosReleases)('groups on macOS %s', (macos) => {
  test('a group is a chat of style 43 whose joins name the room', () => {
    const { store, db, row, message } = setup(macos);
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
    const { store, db, row } = setup(macos);
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
  const { store, db, row } = setup();
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
  const { store, db, row } = setup();
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
  const { store, db, message } = setup();
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
  const { store, row } = setup();
  const ghost = store.insertGhost(AT);
  expect(row(ghost.guid)).toMatchObject({
    service: 'SMS',
    is_from_me: 1n,
    attributedBody: null,
    handle_id: 0n,
  });
});

test('calls stand in the history once they are over', () => {
  const { store } = setup();
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
