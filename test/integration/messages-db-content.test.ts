import { describe, expect, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import type { Columns } from '../support/chat-db-writer.ts';
import { ANNA, GROUP, tailBed } from '../support/tail-bed.ts';

const PART = '__kIMMessagePartAttributeName';

describe('texts', () => {
  test('mentions, links, styles, effects and codes lie where they stand', async () => {
    const { messages, told } = await tailBed();
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
    const { messages, told } = await tailBed();
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
    const { messages, told } = await tailBed();
    messages.chat(ANNA);
    for (const [name, value] of Object.entries(chat)) {
      messages.db.prepare(`UPDATE chat SET ${name} = ?`).run(value);
    }
    messages.receive(ANNA, 'hi', ANNA, { columns });
    expect(await told(1)).toMatchObject([{ line }]);
  });

  test('services are told as they stand, and an empty one is iMessage', async () => {
    const { messages, told } = await tailBed();
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
    const { messages, told, clock } = await tailBed();
    messages.chat(GROUP);
    messages.message({ from: ANNA, text: 'orphan', columns: { ck_chat_id: `any;+;${GROUP}` } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.skipTo(clock.now() + 10_000);
    expect(await told(1)).toMatchObject([{ chat: { kind: 'group', identifier: GROUP }, text: 'orphan' }]);
  });
});
