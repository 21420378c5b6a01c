import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import type { TapbackName } from '../../agent/mac/ui-acts.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import { causeFault, receiveText } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { type MessageRow, messageRows } from '../support/message-rows.ts';

const FRIEND = '+14155550103';
const conversation = { kind: 'direct', identifier: FRIEND } as const;
const done = { outcome: 'handed_over' };
const target = ({ guid, text }: MessageRow) => ({ guid, part: 0, text });

function worldOf(macos: '15' | '26' | '27') {
  let world: ActingMac;
  beforeAll(async () => {
    world = await startActingMac(macos);
  });
  afterAll(() => world?.close());
  const perform = (act: Act, mac = world.mac): Promise<ActOutcome> => mac.perform(`act_${randomUUID()}`, act);
  const row = (text: string): Promise<MessageRow> =>
    eventually(() => messageRows(world.messagesDb).find((one) => one.text === text && one.chat !== null), {
      what: `the row of ${text}`,
    });
  return {
    perform,
    row,
    rows: () => messageRows(world.messagesDb),
    receive: async (text: string) => {
      await receiveText(world.home, FRIEND, text);
      return row(text);
    },
    fault: (fault: FaultInput) => causeFault(world.home, fault),
    clear: () => askVirtualMac(world.home, { call: 'clear-faults' }),
    another: (deadlineMs: number) => world.another(deadlineMs),
    draft: (text: string) => {
      const url = `imessage://open?address=${encodeURIComponent(FRIEND)}&body=${encodeURIComponent(text)}`;
      return askVirtualMac(world.home, { call: 'ui', request: { ask: 'open', url } });
    },
  };
}

const react = (row: MessageRow, reaction: TapbackName): Act => ({
  kind: 'react',
  conversation,
  target: target(row),
  reaction,
  action: 'add',
  standing: null,
});

const types: [TapbackName, number][] = [
  ['love', 2000],
  ['like', 2001],
  ['dislike', 2002],
  ['laugh', 2003],
  ['emphasize', 2004],
  ['question', 2005],
];

describe('macOS 15', () => {
  const { perform, row, rows, receive, fault, clear, another, draft } = worldOf('15');

  test.each(types)('the tapback %s has the type %d', async (reaction, type) => {
    const message = await receive(`for ${reaction}`);
    expect(await perform(react(message, reaction))).toEqual(done);
    expect(rows().filter((one) => one.on === `p:0/${message.guid}`)).toMatchObject([{ type, mine: 1 }]);
  });

  test('in another language the words of the bundles of Messages are found', async () => {
    const message = await receive('in another language');
    await fault({ kind: 'other-language' });
    expect(await perform(react(message, 'love'))).toEqual(done);
    const reply = { kind: 'reply', conversation, target: target(message), text: 'In der Kette' } as const;
    expect(await perform(reply)).toEqual(done);
    expect(await row('In der Kette')).toMatchObject({ thread: message.guid });
    await clear();
  });

  test('without words for the language nothing is done', async () => {
    const message = await receive('without words');
    const before = rows().length;
    await fault({ kind: 'other-language' });
    await fault({ kind: 'no-words' });
    const outcomes = [
      await perform(react(message, 'love')),
      await perform({ kind: 'reply', conversation, target: target(message), text: 'no' }),
    ];
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ outcome: 'not_started', error: { code: 'ui_not_recognised' } });
    expect(rows()).toHaveLength(before);
    await clear();
  });

  test('a bubble that says something else than chat.db is left alone', async () => {
    const message = await receive('one thing');
    const outcome = await perform(react({ ...message, text: 'another thing' }, 'love'));
    expect(outcome).toMatchObject({ outcome: 'not_started', error: { code: 'wrong_conversation' } });
    expect(rows().some((one) => one.on?.endsWith(message.guid))).toBe(false);
  });

  test("a window that bears another one's number is the wrong conversation", async () => {
    const message = await receive('for somebody else');
    const other = { kind: 'direct', identifier: '+14155550199' } as const;
    expect(await perform({ ...react(message, 'love'), conversation: other } as Act)).toMatchObject({
      outcome: 'not_started',
      error: { code: 'wrong_conversation' },
    });
  });

  test('acts into a group, where a message of it is the proof, and refuses without', async () => {
    const participants = [FRIEND, '+14155550102'];
    expect(await perform({ kind: 'create_group', participants, text: 'to all' })).toEqual(done);
    const first = await row('to all');
    const group = { kind: 'group', identifier: first.chat ?? '' } as const;
    const reaction = { ...react(first, 'laugh'), conversation: group } as Act;
    expect(await perform(reaction)).toEqual(done);
    expect(
      await perform({ kind: 'reply', conversation: group, target: target(first), text: 'me too' }),
    ).toEqual(done);
    expect(await row('me too')).toMatchObject({ chat: group.identifier, thread: first.guid });
    expect(
      await perform({ kind: 'typing', conversation: group, anchor: target(first), state: 'on' }),
    ).toEqual(done);
    expect(await perform({ kind: 'typing', conversation: group, state: 'on' })).toMatchObject({
      error: { code: 'wrong_conversation' },
    });
  });

  test('no group is made with somebody who is not on iMessage', async () => {
    const participants = [FRIEND, '+14155550105'];
    expect(await perform({ kind: 'create_group', participants, text: 'to nobody' })).toMatchObject({
      outcome: 'not_started',
      error: { code: 'recipient_not_imessage' },
    });
    expect(rows().some((one) => one.text === 'to nobody')).toBe(false);
  });

  test("a person's draft is left as it is, and no text is written over it", async () => {
    const message = await receive('draft');
    await draft('half a thought');
    const reply = { kind: 'reply', conversation, target: target(message), text: 'over it' } as const;
    expect(await perform(reply)).toMatchObject({ outcome: 'not_started', error: { code: 'ui_locked' } });
    await draft('');
    expect(await perform(reply)).toEqual(done);
    expect(rows().filter((one) => one.text === 'over it')).toHaveLength(1);
  });

  test('a text that an act left behind when it was killed is cleared by the next', async () => {
    const message = await receive('left behind');
    const mac = another(4_000);
    const reply = {
      kind: 'reply',
      conversation,
      target: target(message),
      text: 'left in the field',
    } as const;
    await fault({ kind: 'hang', at: 'key' });
    expect(await perform(reply, mac)).toMatchObject({ outcome: 'uncertain' });
    expect(await perform({ ...reply, text: 'written anew' }, mac)).toEqual(done);
    expect(rows().filter((one) => one.text === 'left in the field')).toEqual([]);
    expect(await row('written anew')).toMatchObject({ thread: message.guid });
  });

  test.each<[string, Act, string]>([
    [
      'another part than the first',
      { kind: 'unsend', conversation, target: { guid: 'A', part: 1, text: 'x' } },
      'unsupported_on_macos',
    ],
    [
      'a bubble without text',
      { kind: 'unsend', conversation, target: { guid: 'A', part: 0, text: '' } },
      'not_editable',
    ],
    [
      'a guid with more in it',
      { kind: 'unsend', conversation, target: { guid: 'A&body=x', part: 0, text: 'x' } },
      'act_failed',
    ],
    ['a group of one', { kind: 'create_group', participants: [FRIEND], text: 'x' }, 'invalid_recipient'],
    [
      'the same person twice',
      { kind: 'create_group', participants: [FRIEND, FRIEND], text: 'x' },
      'invalid_recipient',
    ],
    [
      'NUL',
      { kind: 'reply', conversation, target: { guid: 'A', part: 0, text: 'x' }, text: 'a\0b' },
      'text_not_sendable',
    ],
  ])('%s is refused before anything happens', async (_name, act, code) => {
    expect(await perform(act)).toMatchObject({ outcome: 'not_started', error: { code } });
  });
});

describe('macOS 26', () => {
  const { perform, rows, receive, fault, clear } = worldOf('26');

  test.each(types)('the tapback %s, an action of the bubble, has the type %d', async (reaction, type) => {
    const message = await receive(`for ${reaction}`);
    expect(await perform(react(message, reaction))).toEqual(done);
    expect(rows().filter((one) => one.on === `p:0/${message.guid}`)).toMatchObject([{ type, mine: 1 }]);
  });

  test('a tapback that stands is not taken away by putting it there again', async () => {
    const message = await receive('twice');
    expect(await perform(react(message, 'like'))).toEqual(done);
    expect(await perform({ ...react(message, 'like'), standing: 'like' } as Act)).toEqual({
      outcome: 'handed_over',
      changed: false,
    });
    expect(rows().filter((one) => one.on?.endsWith(message.guid))).toMatchObject([{ type: 2001 }]);
  });

  test('tapbacks whose words are known in English only are refused in another language', async () => {
    const message = await receive('not in English');
    await fault({ kind: 'other-language' });
    expect(await perform(react(message, 'like'))).toMatchObject({
      outcome: 'not_started',
      error: { code: 'ui_not_recognised' },
    });
    await clear();
  });
});
