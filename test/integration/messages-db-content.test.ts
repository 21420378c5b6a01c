import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import type { Columns } from '../support/chat-db-writer.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANNA = '+14155550101';
const BEN = '+14155550102';
const GROUP = 'chat987654321';

async function fixture() {
  const home = tempFolder();
  const file = path.join(home, 'Library', 'Messages', 'chat.db');
  const clock = new SkippingClock();
  const keeper = new Keeper();
  const messages = new ChatDbWriter(file);
  const tail = startTail(file, keeper, { clock });
  onTestFinished(async () => {
    await tail.kill();
    messages.close();
  });
  await eventually(() => keeper.batches > 0);
  return {
    clock,
    home,
    keeper,
    messages,
    /** All changes, once there are this many. */
    told: (count: number): Promise<MessageChange[]> =>
      eventually(() => keeper.changes.length >= count && keeper.changes, {
        within: 5_000,
        what: `${count} changes`,
      }),
    /** Everything that is told before a message that comes now. */
    async toldBefore(): Promise<MessageChange[]> {
      const guid = messages.receive(BEN, 'the end');
      await eventually(() => keeper.changes.some((change) => 'guid' in change && change.guid === guid));
      return keeper.changes.filter((change) => !(change.kind === 'received' && change.text === 'the end'));
    },
    /** An attachment row of a message and the file it names. */
    attach(guid: string, columns: Columns, content?: string): string {
      const name = `${String(columns.guid)}.heic`;
      const filename = `~/Library/Messages/Attachments/aa/10/${name}`;
      const absolute = path.join(home, filename.slice(2));
      mkdirSync(path.dirname(absolute), { recursive: true });
      if (content !== undefined) writeFileSync(absolute, content);
      const attachment_id = messages.insert('attachment', {
        filename,
        transfer_name: 'IMG_1.heic',
        mime_type: 'image/heic',
        ...columns,
      });
      messages.insert('message_attachment_join', { message_id: messages.rowid(guid), attachment_id });
      return absolute;
    },
  };
}

const PART = '__kIMMessagePartAttributeName';

describe('texts', () => {
  test('mentions, links, styles, effects and codes lie where they stand', async () => {
    const { messages, told } = await fixture();
    const pieces: [string, Record<string, string | number | { code: string; displayCode: string }>][] = [
      ['hey ', {}],
      ['Anna', { __kIMMentionConfirmedMention: ANNA }],
      [' see ', { __kIMTextBoldAttributeName: 1 }],
      ['a.example', { __kIMLinkAttributeName: 'https://a.example/' }],
      ['💥', { __kIMTextEffectAttributeName: 12 }],
      ['123456', { __kIMOneTimeCodeAttributeName: { code: '123456', displayCode: '123456' } }],
      ['?', { __kIMUnheardOf: 1 }],
    ];
    let start = 0;
    const runs = pieces.map(([text, attributes]) => {
      const run = { start, length: text.length, attributes: { [PART]: 0, ...attributes } };
      start += text.length;
      return run;
    });
    const text = pieces.map(([piece]) => piece).join('');
    messages.receive(ANNA, '', ANNA, {
      columns: { attributedBody: encodeAttributedBody({ text, runs, mutable: true }), subject: 'Subject' },
    });
    const [change] = await told(1);
    expect(change).toMatchObject({
      kind: 'received',
      text,
      subject: 'Subject',
      marks: [
        { start: 4, length: 4, kind: 'mention', handle: ANNA },
        { start: 8, length: 5, kind: 'style', style: 'bold' },
        { start: 13, length: 9, kind: 'link', url: 'https://a.example/' },
        { start: 22, length: 2, kind: 'effect', effect: 'explode' },
        { start: 24, length: 6, kind: 'code', code: '123456' },
      ],
    });
    expect(change).not.toHaveProperty('parts');
  });

  test('effects, threaded replies, junk and unknown senders', async () => {
    const { messages, told } = await fixture();
    const first = messages.receive(ANNA, 'one', ANNA, { columns: { reply_to_guid: 'ordinary' } });
    messages.receive(ANNA, 'two', ANNA, {
      columns: {
        expressive_send_style_id: 'com.apple.MobileSMS.expressivesend.impact',
        reply_to_guid: first,
        thread_originator_guid: first,
        thread_originator_part: '1:0:18446744073709551615',
      },
    });
    messages.receive(ANNA, 'three', ANNA, { columns: { is_spam: 1 } });
    await told(3);
    messages.db.prepare('UPDATE chat SET is_filtered = 1').run();
    messages.receive(ANNA, 'four');
    const changes = await told(4);
    expect(changes[0]).not.toHaveProperty('replyTo');
    expect(changes[1]).toMatchObject({
      effect: 'com.apple.MobileSMS.expressivesend.impact',
      replyTo: { guid: first, part: 1 },
    });
    expect(changes.map((change) => (change.kind === 'received' ? change.filtered : null))).toEqual([
      undefined,
      undefined,
      'junk',
      'unknown',
    ]);
  });

  test.each<[string, Columns, Columns, string | null]>([
    ['the caller id', {}, { destination_caller_id: 'me@example.com' }, 'me@example.com'],
    ['the chat', { last_addressed_handle: '+14155550199' }, { destination_caller_id: '' }, '+14155550199'],
    ['the account', {}, { destination_caller_id: null, account: 'P:+14155550198' }, '+14155550198'],
    ['nothing', {}, { destination_caller_id: null, account: null }, null],
  ])('the line is told by %s', async (_name, chat, columns, line) => {
    const { messages, told } = await fixture();
    messages.chat(ANNA);
    for (const [name, value] of Object.entries(chat)) {
      messages.db.prepare(`UPDATE chat SET ${name} = ?`).run(value);
    }
    messages.receive(ANNA, 'hi', ANNA, { columns });
    expect(await told(1)).toMatchObject([{ line }]);
  });

  test('services are told as they stand, and an empty one is iMessage', async () => {
    const { messages, told } = await fixture();
    for (const service of ['SMS', 'rcs', 'iMessageLite', null]) {
      messages.receive(ANNA, 'hi', ANNA, { columns: { service } });
    }
    const changes = await told(4);
    expect(changes.map((change) => ('service' in change ? change.service : ''))).toEqual([
      'SMS',
      'rcs',
      'iMessageLite',
      'iMessage',
    ]);
  });

  test('an orphan may name its chat itself', async () => {
    const { messages, told, clock } = await fixture();
    messages.chat(GROUP);
    messages.message({ from: ANNA, text: 'orphan', columns: { ck_chat_id: `any;+;${GROUP}` } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.skipTo(clock.now() + 10_000);
    expect(await told(1)).toMatchObject([{ chat: { kind: 'group', identifier: GROUP }, text: 'orphan' }]);
  });
});

describe('attachments', () => {
  const withFile = (guid: string, name: string): Columns => ({
    guid,
    cache_has_attachments: 1,
    attributedBody: encodeAttributedBody({
      text: '\uFFFClook',
      runs: [
        { start: 0, length: 1, attributes: { __kIMFileTransferGUIDAttributeName: name, [PART]: 0 } },
        { start: 1, length: 4, attributes: { [PART]: 1 } },
      ],
    }),
  });

  test('a message is told when its files are there and stand still', async () => {
    const { messages, attach, told, keeper } = await fixture();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    const absolute = attach('M1', { guid: 'at_0_M1', transfer_state: 3 }, 'half');
    await new Promise((resolve) => setTimeout(resolve, 60));
    messages.db.prepare('UPDATE attachment SET transfer_state = 5').run();
    await new Promise((resolve) => setTimeout(resolve, 30));
    appendFileSync(absolute, ' and half');
    expect(keeper.changes).toEqual([]);
    const [change] = await told(1);
    expect(change).toMatchObject({
      kind: 'received',
      text: '\uFFFClook',
      parts: [
        { part: 0, start: 0, length: 1, attachment: 'at_0_M1' },
        { part: 1, start: 1, length: 4 },
      ],
      attachments: [
        {
          guid: 'at_0_M1',
          state: 'complete',
          name: 'IMG_1.heic',
          mime: 'image/heic',
          bytes: 13,
          path: absolute,
        },
      ],
    });
    expect(readFileSync(absolute, 'utf8')).toBe('half and half');
  });

  test('files that do not come in a minute are told as pending, and when they come', async () => {
    const { messages, attach, keeper, clock, toldBefore } = await fixture();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    const absolute = attach('M1', { guid: 'at_0_M1', transfer_state: 3, total_bytes: 9 });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 61_000);
    await eventually(async () => (await toldBefore()).length === 1);
    writeFileSync(absolute, 'content');
    messages.db.prepare('UPDATE attachment SET transfer_state = 5').run();
    const found = await eventually(() => keeper.changes.find(({ kind }) => kind === 'attachment'));
    expect((await toldBefore())[0]).toMatchObject({
      attachments: [{ state: 'pending', bytes: 9, path: null }],
    });
    expect(found).toMatchObject({
      guid: 'M1',
      attachment: { guid: 'at_0_M1', state: 'complete', bytes: 7, path: absolute },
    });
  });

  test('files that have no row in a minute are told when they get one', async () => {
    const { messages, attach, keeper, clock, toldBefore } = await fixture();
    messages.receive(ANNA, 'look', ANNA, { columns: { guid: 'M1', cache_has_attachments: 1 } });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 61_000);
    await eventually(async () => (await toldBefore()).length === 1);
    attach('M1', { guid: 'one', transfer_state: 5 }, 'content');
    attach('M1', { guid: 'two', transfer_state: 3 });
    const files = (): unknown[] =>
      keeper.changes.flatMap((change) => (change.kind === 'attachment' ? [change.attachment] : []));
    await eventually(() => files().length === 1);
    messages.db.prepare("UPDATE attachment SET transfer_state = 6 WHERE guid = 'two'").run();
    await eventually(() => files().length === 2);
    expect(files()).toMatchObject([
      { guid: 'one', state: 'complete', bytes: 7 },
      { guid: 'two', state: 'failed' },
    ]);
  });

  test('a file that failed, one outside of Messages, and hidden ones', async () => {
    const { messages, attach, told, clock } = await fixture();
    messages.receive(ANNA, '', ANNA, { columns: withFile('M1', 'at_0_M1') });
    attach('M1', { guid: 'at_0_M1', transfer_state: 6 });
    attach('M1', { guid: 'hidden', transfer_state: 5, hide_attachment: 1 }, 'x');
    expect(await told(1)).toMatchObject([{ attachments: [{ guid: 'at_0_M1', state: 'failed' }] }]);
    messages.receive(ANNA, '', ANNA, { columns: withFile('M2', 'at_0_M2') });
    attach('M2', { guid: 'at_0_M2', transfer_state: 5, filename: '/etc/hostname' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.skipTo(clock.now() + 61_000);
    expect((await told(2))[1]).toMatchObject({ attachments: [{ state: 'pending', path: null }] });
  });

  test('an audio message with what Messages heard', async () => {
    const { messages, attach, told } = await fixture();
    const body = encodeAttributedBody({
      text: '\uFFFC',
      runs: [
        {
          start: 0,
          length: 1,
          attributes: {
            [PART]: 0,
            __kIMFileTransferGUIDAttributeName: 'at_0_A1',
            IMAudioTranscription: 'call me back',
          },
        },
      ],
    });
    messages.db.transaction(() => {
      messages.receive(ANNA, '', ANNA, {
        columns: { guid: 'A1', attributedBody: body, is_audio_message: 1, cache_has_attachments: 1 },
      });
      attach('A1', { guid: 'at_0_A1', transfer_state: 5, mime_type: null }, 'caff');
    })();
    expect(await told(1)).toMatchObject([
      { audio: { transcription: 'call me back' }, attachments: [{ state: 'complete', mime: null }] },
    ]);
  });
});

describe('reactions', () => {
  test('added, changed, removed; by others and by the owner', async () => {
    const { messages, told } = await fixture();
    const target = messages.receive(ANNA, 'hi');
    const tapback = (type: number, more: Columns = {}, fromMe = false): string =>
      messages.db.transaction(() => {
        const guid = messages.message({
          from: ANNA,
          fromMe,
          text: 'Loved “hi”',
          columns: { associated_message_type: type, associated_message_guid: `p:2/${target}`, ...more },
        });
        messages.join(guid, ANNA);
        return guid;
      })();
    const loved = tapback(2000);
    await told(2);
    messages.db.prepare('DELETE FROM message WHERE guid = ?').run(loved);
    tapback(2006, { associated_message_emoji: '🎉' });
    tapback(3006, { associated_message_emoji: '🎉' });
    tapback(2001, { associated_message_guid: `bp:${target}` }, true);
    const changes = (await told(5)).slice(1);
    expect(changes).toMatchObject([
      { kind: 'tapback', action: 'added', tapback: 'love', from: ANNA, target: { guid: target, part: 2 } },
      { action: 'added', tapback: 'emoji', emoji: '🎉', replaces: 'love' },
      { action: 'removed', tapback: 'emoji', emoji: '🎉' },
      { action: 'added', tapback: 'like', from: null, target: { guid: target, part: 0 } },
    ]);
    expect(changes[0]).not.toHaveProperty('replaces');
  });

  test('a sticker that was put on a bubble is a message with its target', async () => {
    const { messages, told } = await fixture();
    const target = messages.receive(ANNA, 'hi');
    messages.receive(ANNA, 'x', ANNA, {
      columns: { associated_message_type: 1000, associated_message_guid: `p:0/${target}` },
    });
    expect((await told(2))[1]).toMatchObject({ kind: 'received', sticker: { guid: target, part: 0 } });
  });

  test('apps by their bundle id, and a vote by the poll it changes', async () => {
    const { messages, told } = await fixture();
    const apple = 'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:';
    const pay = `${apple}com.apple.PassbookUIService.PeerPaymentMessagesExtension`;
    messages.receive(ANNA, '\uFFFD', ANNA, { columns: { balloon_bundle_id: pay } });
    const poll = messages.receive(ANNA, '\uFFFD', ANNA, {
      columns: { balloon_bundle_id: 'com.apple.messages.Polls', payload_data: Buffer.from('broken') },
    });
    messages.receive(ANNA, '', ANNA, {
      text: null,
      columns: { associated_message_type: 4000, associated_message_guid: poll },
    });
    messages.receive(ANNA, '\uFFFD', ANNA, { columns: { balloon_bundle_id: 'com.unheard.App' } });
    const changes = await told(4);
    expect(changes.map((change) => (change.kind === 'received' ? change.app : null))).toEqual([
      { bundleId: pay, name: 'apple-pay' },
      { bundleId: 'com.apple.messages.Polls', name: 'poll' },
      { bundleId: 'com.apple.messages.Polls', name: 'poll', updates: poll },
      { bundleId: 'com.unheard.App', name: 'app' },
    ]);
  });
});

describe('groups', () => {
  test('every change of a group, and no note about anything else', async () => {
    const { messages, toldBefore } = await fixture();
    const note = (columns: Columns, fromMe = false): void => {
      messages.db.transaction(() => {
        const guid = messages.message({ from: ANNA, fromMe, text: null, columns });
        messages.join(guid, GROUP);
      })();
    };
    const ben = messages.handle(BEN);
    note({ item_type: 1, group_action_type: 0, other_handle: ben });
    note({ item_type: 1, group_action_type: 1, other_handle: ben });
    note({ item_type: 1, group_action_type: 0, other_handle: messages.handle(ANNA) });
    note({ item_type: 2, group_title: 'Name' });
    note({ item_type: 2, group_title: '' }, true);
    for (const action of [0, 1, 2, 4, 6]) note({ item_type: 3, group_action_type: action });
    for (const type of [4, 5, 6]) note({ item_type: type });
    const changes = await toldBefore();
    const chat = { kind: 'group', identifier: GROUP };
    expect(changes).toMatchObject([
      { kind: 'group', change: 'added', member: BEN, from: ANNA, chat },
      { kind: 'group', change: 'removed', member: BEN, from: ANNA },
      { kind: 'group', change: 'renamed', name: 'Name', from: ANNA },
      { kind: 'group', change: 'renamed', name: null, from: null },
      { kind: 'group', change: 'left', member: ANNA },
      { kind: 'group', change: 'photo-set' },
      { kind: 'group', change: 'photo-removed' },
    ]);
  });
});

describe('own rows', () => {
  test('a downgrade is told with the states after it', async () => {
    const { messages, told } = await fixture();
    const guid = messages.send(ANNA, 'mine');
    messages.update(guid, { was_downgraded: 1, service: 'SMS', is_sent: 1 });
    expect(await told(1)).toMatchObject([{ state: 'sent', service: 'SMS', downgraded: true }]);
  });

  test('the ghost of a send by script tells nothing', async () => {
    const { messages, toldBefore } = await fixture();
    messages.message({ fromMe: true, text: null, service: 'SMS', columns: { is_sent: 1 } });
    expect(await toldBefore()).toEqual([]);
  });
});

const rows = path.resolve(packageFile('..', 'shared', 'vectors', 'platform-imessage', 'rows'));

describe.skipIf(!existsSync(rows))('real rows', () => {
  const real = (name: string): Columns => {
    const [row] = [JSON.parse(readFileSync(path.join(rows, `${name}.json`), 'utf8'))].flat(2) as Columns[];
    const blob = (value: unknown): Buffer | null =>
      typeof value === 'string' ? Buffer.from(value.split(',')[1] ?? '', 'base64') : null;
    return {
      ...row,
      attributedBody: blob(row?.attributedBody),
      message_summary_info: blob(row?.message_summary_info),
    };
  };
  const known = (columns: Columns, messages: ChatDbWriter): Columns => {
    const names = messages.db
      .prepare<[], string>("SELECT name FROM pragma_table_info('message')")
      .pluck()
      .all();
    return Object.fromEntries(Object.entries(columns).filter(([name]) => names.includes(name)));
  };

  test('a message of texts and pictures in turn', async () => {
    const { messages, told, clock } = await fixture();
    const { ROWID: _, handle_id: __, date: ___, ...columns } = known(real('fixture2'), messages);
    messages.receive(ANNA, '', ANNA, { columns });
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.skipTo(clock.now() + 61_000);
    const [change] = await told(1);
    expect(change).toMatchObject({ kind: 'received', text: 'part 0￼part 2￼part 4', from: ANNA });
    expect(change).toHaveProperty('parts.length', 5);
    expect(change).toHaveProperty('attachments.length', 2);
    expect(change).not.toHaveProperty('replyTo');
  });

  test.each([
    ['partial_leading_unsends', 'a', [{ kind: 'unsent', parts: [0, 1], whole: 'a' }]],
    [
      'partial_trailing_unsends',
      'trailing attachments',
      [
        { kind: 'edited', part: 0, text: 'a', version: 1, at: 978_307_200_000 + 725_505_920_690 },
        { kind: 'unsent', parts: [1, 2], whole: 'a' },
      ],
    ],
  ])('%s', async (name, original, changes) => {
    const { messages, told } = await fixture();
    const { ROWID: _, handle_id: __, date: ___, ...columns } = known(real(name), messages);
    messages.receive(ANNA, '', ANNA, { columns: { ...columns, is_from_me: 0, cache_has_attachments: 0 } });
    const all = await told(1 + changes.length);
    expect(all[0]).toMatchObject({ kind: 'received', text: original });
    expect(all.slice(1)).toMatchObject(changes);
  });

  test('edits and unsends of a told message are told as they come, each once', async () => {
    const { messages, told, toldBefore } = await fixture();
    const guid = messages.receive(ANNA, 'trailing attachments');
    await told(1);
    const { attributedBody, message_summary_info, date_edited } = real('partial_trailing_unsends');
    messages.update(guid, {
      attributedBody: attributedBody ?? null,
      message_summary_info: message_summary_info ?? null,
      date_edited: date_edited ?? null,
    });
    await told(3);
    messages.update(guid, { index_state: 1 });
    messages.update(guid, {
      attributedBody: null,
      is_empty: 1,
      part_count: 0,
      date_edited: 725505999000000000n,
    });
    const changes = await toldBefore();
    expect(changes.slice(1)).toMatchObject([
      { kind: 'edited', guid, part: 0, text: 'a', from: ANNA },
      { kind: 'unsent', guid, parts: [1, 2], whole: 'a' },
      { kind: 'unsent', guid, parts: null, whole: '' },
    ]);
  });
});
