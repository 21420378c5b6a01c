import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import { changeFacts } from '../../agent/outbox/facts.ts';
import { agentEventSchema } from '../../bridge/protocol/events.ts';
import { MAX_FRAME_BYTES } from '../../bridge/protocol/limits.ts';
import { MAX_MEDIA_BYTES } from '../../bridge/protocol/media.ts';

const NOW = Date.UTC(2026, 5, 1);
const word = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 400 }));
const text = fc.oneof(word, fc.constant('\u0000'.repeat(300_000)), fc.constant('😀'.repeat(60_000)));
const chat = fc.option(
  fc.record({ kind: fc.constantFrom('direct' as const, 'group' as const), identifier: word }),
);
const at = fc.integer({ min: 0, max: NOW * 2 });
const target = fc.record({ guid: word, part: fc.integer({ min: -1, max: 1_000_000 }) });
const attachment = fc.record({
  guid: word,
  state: fc.constantFrom('complete' as const, 'pending' as const, 'failed' as const),
  name: word,
  mime: fc.option(fc.oneof(word, fc.constantFrom('image/png', 'video/mp4'))),
  uti: fc.constant(null),
  bytes: fc.oneof(fc.integer(), fc.constant(Number.NaN)),
  path: fc.constant(null),
});
const some = { guid: word, chat, from: fc.option(word), line: fc.option(word), service: word, at };
const names = fc.constantFrom('love', 'emphasise', 'emoji', 'sticker') as fc.Arbitrary<'love' | 'emphasise'>;

const change: fc.Arbitrary<MessageChange> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('received' as const),
      ...some,
      from: word,
      text,
      marks: fc.array(
        fc.record({
          kind: fc.constant('link' as const),
          url: fc.string({ minLength: 0, maxLength: 3_000 }),
          start: fc.nat(300),
          length: fc.nat(300),
        }),
        { maxLength: 600 },
      ),
      attachments: fc.array(attachment, { maxLength: 120 }),
      replyTo: target,
      sticker: target,
      subject: text,
      effect: word,
      audio: fc.record({ transcription: fc.option(text) }),
      app: fc.record({ bundleId: word, name: word, url: word, caption: text, updates: word }),
      link: fc.record({ url: word, title: fc.option(text), summary: fc.option(text) }),
      filtered: fc.constantFrom('junk' as const, 'unknown' as const),
    },
    { requiredKeys: ['kind', 'guid', 'chat', 'from', 'line', 'service', 'at', 'text'] },
  ),
  fc.record(
    {
      kind: fc.constant('tapback' as const),
      ...some,
      action: fc.constantFrom('added' as const, 'removed' as const),
      tapback: names,
      emoji: word,
      target,
      replaces: names,
    },
    {
      requiredKeys: ['kind', 'guid', 'chat', 'from', 'line', 'service', 'at', 'action', 'tapback', 'target'],
    },
  ),
  fc.record({
    kind: fc.constant('edited' as const),
    ...some,
    part: fc.integer(),
    text,
    whole: text,
    version: fc.nat(),
    history: fc.array(fc.record({ text, at }), { maxLength: 30 }),
  }),
  fc.record({
    kind: fc.constant('link' as const),
    guid: word,
    link: fc.record({ url: word, title: fc.option(text), summary: fc.option(text) }),
    at,
  }),
  fc.record({
    kind: fc.constant('unsent' as const),
    ...some,
    parts: fc.option(fc.array(fc.integer(), { maxLength: 1_200 })),
    whole: text,
  }),
  fc.record({ kind: fc.constant('attachment' as const), guid: word, attachment, at }),
  fc.record(
    {
      kind: fc.constant('group' as const),
      ...some,
      change: fc.constantFrom('renamed' as const, 'photo-set' as const, 'added' as const, 'left' as const),
      member: word,
      name: fc.option(word),
    },
    { requiredKeys: ['kind', 'guid', 'chat', 'from', 'line', 'service', 'at', 'change'] },
  ),
);

test('whatever chat.db holds is told within the bounds of the protocol', () => {
  fc.assert(
    fc.property(change, (change) => {
      for (const fact of changeFacts(change, () => ({ name: 'n'.repeat(900), mimeType: 'image/jpeg' }))) {
        expect(agentEventSchema.safeParse(fact).error).toBeUndefined();
        expect(Buffer.byteLength(JSON.stringify(fact))).toBeLessThan(MAX_FRAME_BYTES - 1_000);
      }
    }),
    { numRuns: 300 },
  );
});

test('tells what a message is made of', () => {
  const photo = {
    guid: 'at_0',
    state: 'complete' as const,
    name: 'a.jpg',
    mime: 'image/jpeg',
    uti: null,
    bytes: 9,
    path: '/x',
  };
  const facts = changeFacts({
    kind: 'received',
    guid: 'g',
    chat: { kind: 'group', identifier: 'chat1' },
    from: '+14155550101',
    line: '+14155550100',
    service: 'iMessage',
    text: 'see \uFFFC now',
    at: NOW,
    parts: [
      { part: 0, start: 0, length: 4 },
      { part: 1, start: 4, length: 1, attachment: 'at_0' },
      { part: 2, start: 5, length: 4 },
    ],
    marks: [{ kind: 'style', style: 'bold', start: 0, length: 3 }],
    attachments: [photo],
    replyTo: { guid: 'h', part: 1 },
    effect: 'com.apple.messages.effect.CKHappyBirthdayEffect',
    filtered: 'unknown',
  });
  expect(facts).toEqual([
    {
      type: 'message.received',
      guid: 'g',
      conversation: { kind: 'group', identifier: 'chat1' },
      service: 'iMessage',
      at: new Date(NOW).toISOString(),
      from: '+14155550101',
      line: '+14155550100',
      text: 'see \uFFFC now',
      runs: [{ start: 0, length: 3, kind: 'bold' }],
      attachments: [
        {
          guid: 'at_0',
          name: 'a.jpg',
          mimeType: 'image/jpeg',
          bytes: 9,
          state: 'complete',
          kind: 'image',
          part: 1,
          position: 4,
        },
      ],
      replyTo: { guid: 'h', part: 1 },
      effect: 'balloons',
      filtered: 'unknown_sender',
    },
  ]);
});

test('a tapback that takes the place of another is its removal and an addition', () => {
  const facts = changeFacts({
    kind: 'tapback',
    guid: 't',
    chat: null,
    from: null,
    line: null,
    service: 'iMessage',
    at: NOW,
    action: 'added',
    tapback: 'emphasise',
    replaces: 'love',
    target: { guid: 'm', part: 0 },
  });
  expect(facts).toMatchObject([
    { type: 'reaction.removed', reaction: 'love' },
    { type: 'reaction.added', reaction: 'emphasize', from: null },
  ]);
});

test('a file that is too large to be carried will not come, and nothing is made of it', () => {
  const fact = (bytes: number) =>
    changeFacts(
      {
        kind: 'attachment',
        guid: 'g',
        at: NOW,
        attachment: {
          ...{ guid: 'at_0', state: 'complete', name: 'a.heic', mime: 'image/heic', uti: 'public.heic' },
          ...{ bytes, path: '/x' },
        },
      },
      () => ({ name: 'a.jpg', mimeType: 'image/jpeg' }),
    );
  expect(fact(MAX_MEDIA_BYTES)).toMatchObject([{ attachment: { state: 'complete', rendition: {} } }]);
  const [large] = fact(MAX_MEDIA_BYTES + 1);
  expect(large).toMatchObject({ attachment: { state: 'failed' } });
  expect(large).not.toHaveProperty('attachment.rendition');
});

test('an edit is told with the newest texts that have room', () => {
  const edited = (texts: string[]) => {
    const [fact] = changeFacts({
      ...{ kind: 'edited', guid: 'g', chat: null, from: null, line: null, service: 'iMessage', at: NOW },
      ...{ part: 0, text: 'z', whole: 'z', version: texts.length },
      history: texts.map((text, index) => ({ text, at: index })),
    });
    return fact?.type === 'message.edited' ? fact.history : [];
  };
  expect(edited(['a', 'b', 'c']).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  const many = Array.from({ length: 30 }, (_, index) => `${index}`);
  expect(edited(many).map(({ text }) => text)).toEqual(many.slice(-20));
  const long = edited(['x'.repeat(7_000), ...Array.from({ length: 9 }, () => 'y'.repeat(9_000))]);
  expect(long.length).toBeLessThan(10);
  expect(long.at(-1)).toMatchObject({ text: 'y'.repeat(8_000), truncated: true });
});
