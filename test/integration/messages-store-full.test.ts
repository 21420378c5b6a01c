import { readFileSync, statSync } from 'node:fs';
import { parseBuffer } from 'bplist-parser';
import { describe, expect, test } from 'vitest';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { appBalloon, LINK_BALLOON, linkPayload } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { messageRow, openReader, openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { AT, AT_NS, AT_S, direct, LINE, messagesStore, them } from '../support/written-messages.ts';

describe('attachments', () => {
  test('come after their message, step by step, with a file at the end', () => {
    const { store, db, row } = messagesStore();
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
    const { store, row, message } = messagesStore();
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
    const { store, db, row, text, summary, message } = messagesStore();
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
    const { store, row, text, message } = messagesStore(macos);
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
  const { row, message } = messagesStore();
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
    const { store, row, text, summary, message } = messagesStore();
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
    const { store, row, text, summary, message } = messagesStore();
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
    const { store, message } = messagesStore('12');
    const { guid } = message();
    const refusal = expect.objectContaining({ code: 'unsupported_release' });
    expect(() => store.editMessage(guid, { text: 'x', at: AT })).toThrow(refusal);
    expect(() => store.unsendMessage(guid, { at: AT })).toThrow(refusal);
  });
});

test('effect, audio, balloon, junk and own address stand in their columns', () => {
  const { store, row, message } = messagesStore('27');
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
  const { row, message } = messagesStore();
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
  const { store, db, row, message } = messagesStore();
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
  expect(() => messagesStore('14').message({ scheduled: true })).toThrow(
    expect.objectContaining({ code: 'unsupported_release' }),
  );
});
