import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import { binaryPlist } from '../../agent/virtual-mac/messages-store/binary-plist.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import type { ChatDbWriter, Columns } from '../support/chat-db-writer.ts';
import { ANNA, BEN, GROUP, tailBed } from '../support/tail-bed.ts';

const schemas = packageFile('..', 'shared', 'schemas');

/** The statements that made chat.db on a real Mac, by release: a whole file, or one and what came on top of it. */
const files: Readonly<Record<string, readonly string[]>> = {
  12: ['12'],
  13: ['13'],
  14: ['13', '14-delta'],
  15: ['15'],
  26: ['26.5.2'],
  27: ['26.5.2', '27-delta'],
};

const sqlOf = (names: readonly string[]): string =>
  names.map((name) => readFileSync(`${schemas}/chatdb-schema-macos-${name}.sql`, 'utf8')).join('\n');

const EXTENSION = 'com.apple.messages.MSMessageExtensionBalloonPlugin';
/** Bundle ids of balloons that are known, and our names of them. */
const balloons = [
  ['com.apple.Handwriting.HandwritingProvider', 'handwriting'],
  ['com.apple.DigitalTouchBalloonProvider', 'digital-touch'],
  ['com.apple.messages.Polls', 'poll'],
  [`${EXTENSION}:0000000000:com.apple.messages.Polls`, 'poll'],
  [`${EXTENSION}:0000000000:com.apple.PassbookUIService.PeerPaymentMessagesExtension`, 'apple-pay'],
  [`${EXTENSION}:0000000000:com.apple.findmy.FindMyMessagesApp`, 'find-my'],
  [`${EXTENSION}:0000000000:com.apple.SafetyMonitorApp.SafetyMonitorMessages`, 'check-in'],
  [`${EXTENSION}:0000000000:com.apple.icloud.apps.messages.business.extension`, 'business'],
  [`${EXTENSION}:0000000000:com.apple.ActivityMessagesApp.MessagesExtension`, 'fitness'],
  [`${EXTENSION}:0000000000:com.apple.mobileslideshow.PhotosMessagesApp`, 'photos'],
  [`${EXTENSION}:ABCDE12345:constructor`, 'app'],
] as const;

const tapbacks = ['love', 'like', 'dislike', 'laugh', 'emphasise', 'question', 'emoji', 'sticker'];

/** What a message is told with, without what all have. */
const about = (change: MessageChange): Record<string, unknown> => {
  const {
    guid: _,
    chat: __,
    from: ___,
    line: ____,
    at: _____,
    service: ______,
    ...rest
  } = {
    ...{ guid: '', chat: null, from: '', line: null, at: 0, service: '' },
    ...change,
  };
  return rest;
};

describe.skipIf(!existsSync(schemas)).each(Object.entries(files))(
  'chat.db of a real macOS %s',
  (_, names) => {
    const schema = existsSync(schemas) ? sqlOf(names) : '';
    const bed = () => tailBed({ schema });
    const has = ({ db }: ChatDbWriter, column: string): boolean =>
      db.prepare("SELECT 1 FROM pragma_table_info('message') WHERE name = ?").get(column) !== undefined;

    test('a text, an own row as it gets on, and one that fails', async () => {
      const { messages, told } = await bed();
      messages.receive(ANNA, 'hi');
      const own = messages.send(ANNA, 'mine');
      const lost = messages.send(ANNA, 'lost');
      await told(1);
      messages.sent(own);
      messages.delivered(own);
      messages.read(own);
      messages.failed(lost, 22);
      const changes = await told(5);
      expect(changes[0]).toMatchObject({ kind: 'received', text: 'hi', from: ANNA });
      const states = changes.flatMap((one) =>
        one.kind === 'own-state' ? [[one.guid, one.state, one.error]] : [],
      );
      expect(states.sort()).toEqual(
        [...['sent', 'delivered', 'read'].map((state) => [own, state, null]), [lost, 'failed', 22]].sort(),
      );
    });

    test('each balloon by its name', async () => {
      const { messages, told } = await bed();
      for (const [bundleId] of balloons)
        messages.receive(ANNA, '\uFFFD', ANNA, { columns: { balloon_bundle_id: bundleId } });
      expect((await told(balloons.length)).map(about)).toEqual(
        balloons.map(([bundleId, name]) => ({ kind: 'received', text: '\uFFFD', app: { bundleId, name } })),
      );
    });

    test('each tapback and its removal, however its row names the message', async () => {
      const { messages, told } = await bed();
      const guid = messages.receive(ANNA, 'hi');
      const forms = [
        [`p:3/${guid}`, 3],
        [`bp:${guid}`, 0],
        [guid, 0],
        [`p:18446744073709551615/${guid}`, 0],
      ] as const;
      const rows = [2000, 3000].flatMap((base) =>
        tapbacks.map((tapback, index) => ({ tapback, type: base + index })),
      );
      for (const [index, { type }] of rows.entries())
        messages.receive(ANNA, 'Loved “hi”', ANNA, {
          columns: {
            associated_message_type: type,
            associated_message_guid: forms[index % forms.length]?.[0] ?? guid,
            ...(has(messages, 'associated_message_emoji') && { associated_message_emoji: '🎉' }),
          },
        });
      const changes = (await told(1 + rows.length)).slice(1);
      expect(
        changes.map((one) =>
          one.kind === 'tapback' ? [one.tapback, one.action, one.target.guid, one.target.part] : one,
        ),
      ).toEqual(
        rows.map(({ tapback, type }, index) => [
          tapback,
          type < 3000 ? 'added' : 'removed',
          guid,
          forms[index % forms.length]?.[1],
        ]),
      );
    });

    test('rows that belong to another message and are no tapbacks', async () => {
      const { messages, told } = await bed();
      const guid = messages.receive(ANNA, 'hi');
      const other = (type: number, more: Columns, text: string | null = null): void =>
        void messages.receive(ANNA, '', ANNA, {
          text,
          columns: { associated_message_type: type, associated_message_guid: `p:0/${guid}`, ...more },
        });
      const polls = 'com.apple.messages.Polls';
      other(1000, {}, 'x');
      other(2, { balloon_bundle_id: balloons[8][0] });
      other(3, { balloon_bundle_id: balloons[8][0] }, '💪\uFFFD');
      other(4000, { balloon_bundle_id: polls });
      other(4000, {});
      other(0, { balloon_bundle_id: polls });
      const changes = (await told(7)).slice(1).map(about);
      const fitness = { bundleId: balloons[8][0], name: 'fitness', updates: guid };
      const vote = {
        kind: 'received',
        text: '\uFFFD',
        app: { bundleId: polls, name: 'poll', updates: guid },
      };
      expect(changes).toEqual([
        { kind: 'received', text: 'x', sticker: { guid, part: 0 } },
        { kind: 'received', text: '\uFFFD', app: fitness },
        { kind: 'received', text: '💪\uFFFD', app: fitness },
        vote,
        vote,
        vote,
      ]);
    });

    test('replies by the thread alone, at any part', async () => {
      const { messages, told } = await bed();
      const guid = messages.receive(ANNA, 'hi');
      const parts = ['0:0:2', '2:5:1', '18446744073709551615:0:0', '', null];
      for (const part of parts)
        messages.receive(ANNA, 'yes', ANNA, {
          columns: { thread_originator_guid: guid, thread_originator_part: part, reply_to_guid: guid },
        });
      messages.receive(ANNA, 'no', ANNA, { columns: { reply_to_guid: guid } });
      const changes = (await told(2 + parts.length)).slice(1).map(about);
      expect(changes.map(({ replyTo }) => replyTo)).toEqual([
        ...[0, 2, 0, 0, 0].map((part) => ({ guid, part })),
        undefined,
      ]);
    });

    test('each note about a group, and none about anything else', async () => {
      const { messages, toldBefore } = await bed();
      const ben = messages.handle(BEN);
      for (let item = 1; item <= 6; item += 1)
        for (let action = 0; action <= 6; action += 1) {
          const guid = messages.message({
            from: ANNA,
            text: null,
            columns: { item_type: item, group_action_type: action, other_handle: ben, group_title: 'Name' },
          });
          messages.join(guid, GROUP);
        }
      const changes = (await toldBefore()).map((one) => (one.kind === 'group' ? one.change : one));
      expect(changes).toEqual([
        ...['added', 'removed'],
        ...Array.from({ length: 7 }, () => 'renamed'),
        ...['left', 'photo-set', 'photo-removed'],
      ]);
    });

    test('what Messages put aside', async () => {
      const { messages, told } = await bed();
      const people: [string, Columns, Columns, string | undefined][] = [
        ['+14155550111', {}, {}, undefined],
        ['+14155550112', { is_filtered: 1 }, {}, 'unknown'],
        ['+14155550113', { is_filtered: 2 }, {}, 'junk'],
        ['+14155550114', { is_blackholed: 1 }, {}, 'junk'],
        ['+14155550115', {}, { is_spam: 1 }, 'junk'],
      ];
      if (has(messages, 'filter_action'))
        for (const [action, filtered] of [undefined, undefined, 'junk', 'unknown', 'unknown'].entries())
          people.push([`+1415555012${action}`, {}, { filter_action: action }, filtered]);
      for (const [handle, chat, columns] of people) {
        messages.chat(handle);
        for (const [name, value] of Object.entries(chat))
          messages.db.prepare(`UPDATE chat SET ${name} = ? WHERE chat_identifier = ?`).run(value, handle);
        messages.receive(handle, 'hi', handle, { columns });
      }
      expect((await told(people.length)).map(about).map(({ filtered }) => filtered)).toEqual(
        people.map(([, , , filtered]) => filtered),
      );
    });

    test('a message that stands in two chats, and one that was deleted before it was seen', async () => {
      const { messages, told, clock } = await bed();
      messages.db.transaction(() => {
        const guid = messages.receive(ANNA, 'twice');
        messages.join(guid, BEN);
        if (
          messages.db
            .prepare("SELECT 1 FROM sqlite_master WHERE name = 'chat_recoverable_message_join'")
            .get()
        ) {
          const gone = messages.message({ from: ANNA, text: 'deleted' });
          const chat_id = messages.chat(GROUP);
          messages.insert('chat_recoverable_message_join', {
            chat_id,
            message_id: messages.rowid(gone),
            delete_date: 1,
          });
        }
        messages.receive(ANNA, 'last');
      })();
      await told(2);
      clock.skipTo(clock.now() + 11_000);
      const deleted = messages.db
        .prepare("SELECT 1 FROM sqlite_master WHERE name = 'chat_recoverable_message_join'")
        .get();
      const texts = (await told(deleted ? 3 : 2)).map((one) =>
        one.kind === 'received' ? [one.text, one.chat?.identifier] : one,
      );
      expect(texts).toEqual([['twice', ANNA], ['last', ANNA], ...(deleted ? [['deleted', GROUP]] : [])]);
    });

    test('edits, and what was taken back by either date', async () => {
      const { messages, told } = await bed();
      if (!has(messages, 'date_edited')) return;
      const stamp = 800_000_000_000_000_000n;
      const versions = ['hi', 'ho'].map((text, d) => ({ t: encodeAttributedBody({ text }), d }));
      const edited = messages.receive(ANNA, 'hi');
      const taken = messages.receive(ANNA, 'gone');
      const older = messages.receive(ANNA, 'gone too');
      await told(3);
      const gone = { attributedBody: null, is_empty: 1, message_summary_info: binaryPlist({ rp: [0] }) };
      messages.update(edited, {
        attributedBody: encodeAttributedBody({ text: 'ho' }),
        message_summary_info: binaryPlist({ ec: { 0: versions, x: versions }, ust: true, amc: 0 }),
        date_edited: stamp,
      });
      messages.update(taken, { ...gone, date_edited: stamp });
      messages.update(older, { ...gone, message_summary_info: null, date_retracted: stamp });
      const changes = (await told(6)).slice(3).map(about);
      expect(changes).toMatchObject([
        { kind: 'edited', part: 0, text: 'ho', whole: 'ho', version: 1 },
        { kind: 'unsent', parts: null, whole: '' },
        { kind: 'unsent', parts: null, whole: '' },
      ]);
    });

    test('a date in seconds, as before macOS 10.13, and a text for later', async () => {
      const { messages, told, toldBefore } = await bed();
      const seconds = Math.floor(Date.now() / 1000) - 978_307_200;
      messages.receive(ANNA, 'seconds', ANNA, { columns: { date: seconds } });
      expect(await told(1)).toMatchObject([{ text: 'seconds', at: (seconds + 978_307_200) * 1000 }]);
      if (!has(messages, 'schedule_type')) return;
      const later = messages.send(ANNA, 'later', {
        at: Date.now() + 3_600_000,
        columns: { schedule_type: 2, schedule_state: 1, is_sent: 1 },
      });
      expect(await toldBefore()).toHaveLength(1);
      messages.update(later, { schedule_state: 2 });
      expect(await told(3)).toContainEqual(expect.objectContaining({ guid: later, state: 'sent' }));
    });
  },
);
