import { expect, test } from 'vitest';
import type { MessageChange } from '../../agent/messages-db/types.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import type { AnyChange } from '../support/day-differences.ts';
import { compareWithLedger } from '../support/day-ledger.ts';

const ANNA = '+14155550101';
const LINE = '+14155550100';
const AT = Date.UTC(2026, 4, 1);
const span = { since: 0, due: 0 };
const chat = { kind: 'direct', identifier: ANNA } as const;
const common = { chat, line: LINE, service: 'iMessage', at: AT };

const ledger: LedgerLine[] = [
  {
    ...{
      kind: 'received',
      guid: 'A',
      chat,
      late: false,
      from: ANNA,
      line: LINE,
      service: 'iMessage',
      at: AT,
    },
    ...{ parts: ['\uFFFC', 'look'], files: ['at_0_A'], marks: [], ...span },
  },
  { kind: 'file', guid: 'A', file: 'at_0_A', state: 'failed', name: 'a.png', mime: 'image/png', ...span },
  {
    kind: 'tapback',
    guid: 'T',
    action: 'added',
    tapback: 'love',
    from: ANNA,
    target: { guid: 'A', part: 1 },
    at: AT,
    ...span,
  },
  {
    kind: 'edited',
    guid: 'A',
    from: ANNA,
    part: 1,
    version: 1,
    text: 'see',
    whole: '\uFFFCsee',
    at: AT,
    ...span,
  },
  { kind: 'unsent', guid: 'A', from: ANNA, parts: [0], whole: 'see', since: 1, due: 1 },
  { kind: 'unsent', guid: 'A', from: ANNA, parts: null, whole: '', since: 2, due: 2 },
  { kind: 'silent', guid: 'OLD', why: 'backfill', ...span },
];

type Received = Extract<MessageChange, { kind: 'received' }>;

const attachment = {
  guid: 'at_0_A',
  state: 'failed',
  name: 'a.png',
  mime: 'image/png',
  uti: null,
  bytes: 1,
  path: null,
} as const;

const received: Received = {
  ...{ kind: 'received', guid: 'A', from: ANNA, ...common, text: '\uFFFClook', attachments: [attachment] },
  parts: [
    { part: 0, start: 0, length: 1, attachment: 'at_0_A' },
    { part: 1, start: 1, length: 4 },
  ],
};
const tapback: AnyChange = {
  ...{ kind: 'tapback', guid: 'T', from: ANNA, ...common, action: 'added', tapback: 'love' },
  target: { guid: 'A', part: 1 },
};
const edited: AnyChange = {
  ...{
    kind: 'edited',
    guid: 'A',
    from: ANNA,
    ...common,
    part: 1,
    text: 'see',
    whole: '\uFFFCsee',
    version: 1,
  },
  history: [
    { text: 'look', at: AT },
    { text: 'see', at: AT },
  ],
};
const partly: AnyChange = { kind: 'unsent', guid: 'A', from: ANNA, ...common, parts: [0], whole: 'see' };
const wholly: AnyChange = { kind: 'unsent', guid: 'A', from: ANNA, ...common, parts: null, whole: '' };
const all = [received, tapback, edited, partly, wholly];

const wrong = (changes: readonly AnyChange[]): string[] =>
  compareWithLedger(
    ledger,
    changes.map((change) => ({ change, played: 3 })),
    [3],
  );

test('what was told as it happened is right, and so are unsends that were told as one', () => {
  expect(wrong(all)).toEqual([]);
  expect(wrong([received, tapback, edited, wholly])).toEqual([]);
});

test('what is missing, told twice, false or too early is wrong', () => {
  expect(wrong([received, edited, partly, wholly])).toEqual([expect.stringMatching(/^missing: tapback T/)]);
  expect(wrong([...all, tapback])).toContainEqual(expect.stringMatching(/^twice: tapback T/));
  expect(wrong([...all, { ...received, guid: 'OLD', attachments: [] }])).toEqual([
    expect.stringMatching(/^false: received OLD .*backfill/),
  ]);
  expect(wrong([...all, partly])).toEqual([expect.stringMatching(/^false: unsent A/)]);
  const early = compareWithLedger(ledger, [{ change: received, played: 0 }], []);
  expect(early).toContainEqual(expect.stringMatching(/^early: received A/));
});

test.for<[string, AnyChange]>([
  ['text', { ...received, text: '\uFFFClooks' }],
  ['from', { ...received, from: '+14155550102' }],
  ['chat', { ...received, chat: { kind: 'group', identifier: 'chat1' } }],
  ['line', { ...received, line: 'me@example.com' }],
  ['service', { ...received, service: 'SMS' }],
  ['at', { ...received, at: AT + 1 }],
  ['files', { ...received, attachments: [attachment, { ...attachment, guid: 'at_1_A', state: 'pending' }] }],
  ['name', { ...received, attachments: [{ ...attachment, name: 'b.png' }] }],
  ['mime', { ...received, attachments: [{ ...attachment, mime: null }] }],
  ['file of part 1', { ...received, parts: [{ part: 1, start: 0, length: 1, attachment: 'at_0_A' }] }],
  ['marks', { ...received, marks: [{ start: 1, length: 4, kind: 'mention', handle: ANNA }] }],
  ['replyTo', { ...received, replyTo: { guid: 'B', part: 0 } }],
  ['effect', { ...received, effect: 'loud' }],
  ['updates', { ...received, app: { bundleId: 'com.apple.messages.Polls', name: 'poll', updates: 'B' } }],
  ['target', { ...tapback, target: { guid: 'A', part: 0 } }],
  ['tapback', { ...tapback, tapback: 'like' }],
  ['replaces', { ...tapback, replaces: 'like' }],
  ['version', { ...edited, version: 2 }],
  ['history', { ...edited, history: [{ text: 'see', at: AT }] }],
  ['whole', { ...edited, whole: 'see it' }],
  ['whole', { ...partly, whole: 'look' }],
])('another %s is wrong', ([what, change]) => {
  const changes = all.map((one) => (one.kind === change.kind ? (one === wholly ? one : change) : one));
  expect(wrong(changes)).toContainEqual(expect.stringMatching(new RegExp(`^differs: .*: ${what} is `)));
});
