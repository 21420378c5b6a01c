import { expect, test } from 'vitest';
import type { ShownMessage } from '../chaos/api-client.ts';
import type { MacRow } from '../chaos/chat-db.ts';
import { judge, repeatedSteps, type Verdict } from '../chaos/judge.ts';
import { Ledger } from '../chaos/ledger.ts';

const ANNA = '+14155550101';
const AT = '2026-01-01T00:00:00.000Z';

/** All sides of a run. */
interface Sides {
  ledger: Ledger;
  rows: MacRow[];
  messages: ShownMessage[];
}

const told = (
  ledger: Ledger,
  id: string,
  type: string,
  data: Record<string, unknown>,
  taken = true,
): void => {
  const event = { id, type, timestamp: AT, mode: 'live', data };
  const raw = Buffer.from(JSON.stringify(event));
  ledger.told({ method: 'POST', path: '/', headers: {}, raw, event, signed: true, at: 0 }, taken);
};

const outbound = (id: string, text: string, status = 'sent'): ShownMessage => ({
  id,
  direction: 'outbound',
  from: '+14155550100',
  to: ANNA,
  text,
  status,
  error: null,
  sentAt: AT,
  deliveredAt: null,
  readAt: null,
});

const ownRow = (text: string): MacRow => ({ text, own: true, state: 'sent', joined: true });
const theirs = (text: string): MacRow => ({ text, own: false, state: 'received', joined: true });

/** One message out and one in, and everybody agrees. */
function agreeing(): Sides {
  const ledger = new Ledger();
  ledger.ask({ at: 0, to: ANNA, text: 'out', key: 'k1', copies: 1 });
  ledger.accepted('k1', 'msg_1');
  told(ledger, 'evt_1', 'message.sent', { messageId: 'msg_1', sentAt: AT });
  told(ledger, 'evt_2', 'message.received', { messageId: 'msg_2', text: 'in' });
  ledger.written.push('in');
  const inbound: ShownMessage = { ...outbound('msg_2', 'in', 'received'), direction: 'inbound' };
  return { ledger, rows: [ownRow('out'), theirs('in')], messages: [outbound('msg_1', 'out'), inbound] };
}

const verdictOn = ({ ledger, rows, messages }: Sides): Verdict => judge(ledger, rows, messages);

test('sides that agree have nothing open and nothing broken', () => {
  const { open, untold, broken, counts } = verdictOn(agreeing());
  expect({ open, untold, broken }).toEqual({ open: [], untold: [], broken: [] });
  expect(counts).toEqual({ asked: 1, received: 1, failed: 0, uncertain: 0, persons: 1, events: 2 });
});

test.for<[string, (sides: Sides) => void, RegExp]>([
  ['a text that people got twice', ({ rows }) => rows.push(ownRow('out')), /was sent 2 times/],
  ['a message told as sent that has no row', ({ rows }) => rows.shift(), /is told as sent and has no row/],
  ['a request that made two messages', ({ ledger }) => ledger.accepted('k1', 'msg_9'), /made 2 messages/],
  ['an accepted message that is gone', ({ messages }) => messages.shift(), /the API lost the message msg_1/],
  [
    'a message that went out and is told as failed',
    ({ messages }) => messages.splice(0, 1, outbound('msg_1', 'out', 'failed')),
    /told as failed/,
  ],
  [
    'a step that two events tell',
    ({ ledger }) => told(ledger, 'evt_3', 'message.sent', { messageId: 'msg_1', sentAt: AT }),
    /message.sent by two events/,
  ],
  [
    'a text of a person that two events tell',
    ({ ledger }) => told(ledger, 'evt_3', 'message.received', { messageId: 'msg_2', text: 'in' }),
    /1 times in chat.db and 2 times told/,
  ],
  [
    'an event that comes again with other words',
    ({ ledger }) => told(ledger, 'evt_2', 'message.received', { messageId: 'msg_2', text: 'other' }),
    /evt_2 came with two bodies/,
  ],
  [
    'a later request that went out first',
    ({ ledger, rows }) => {
      ledger.ask({ at: 0, to: ANNA, text: 'later', key: 'k2', copies: 1 });
      Object.assign(ledger.asked.get('k2') ?? {}, { askedAt: Number.MAX_SAFE_INTEGER });
      rows.unshift(ownRow('later'));
    },
    /"k2" overtook "k1"/,
  ],
  ['a text that the virtual Mac lost', ({ ledger }) => ledger.written.push('gone'), /chat.db lost "gone"/],
])('%s is broken', ([, change, violation]) => {
  const sides = agreeing();
  change(sides);
  expect(verdictOn(sides).broken.join('\n')).toMatch(violation);
});

test('an event that the webhook did not take is told when it comes again', () => {
  const sides = agreeing();
  sides.rows.push(theirs('new'));
  const data = { messageId: 'msg_3', text: 'new' };
  sides.messages.push({ ...outbound('msg_3', 'new', 'received'), direction: 'inbound' });
  told(sides.ledger, 'evt_9', 'message.received', data, false);
  expect(verdictOn(sides).untold).toEqual([
    'event evt_9 (message.received) has to come again',
    '"new" is 1 times in chat.db and 0 times told to the webhook',
  ]);
  told(sides.ledger, 'evt_9', 'message.received', data);
  expect(verdictOn(sides).untold).toEqual([]);
  expect(sides.ledger.repeats).toBe(1);
});

test('a step that stands twice in a timeline is seen, two attempts are not', () => {
  const step = (name: string, at: string) => ({ step: name, source: 'agent', at });
  const timeline = [step('acting', AT), step('queued', AT), step('acting', '2026-01-01T00:00:01.000Z')];
  const message = { ...outbound('msg_1', 'out'), timeline };
  expect(repeatedSteps([message])).toEqual([]);
  timeline.push(step('acting', AT));
  expect(repeatedSteps([message])).toEqual([`msg_1 has 2 times acting of the agent at ${AT}`]);
});

test.for<[string, (sides: Sides) => void, RegExp]>([
  ['a text of a person that nobody told', ({ rows }) => rows.push(theirs('new')), /0 times told/],
  [
    'a request without an answer',
    ({ ledger }) => ledger.ask({ at: 0, to: ANNA, text: 'x', key: 'k2', copies: 1 }),
    /k2/,
  ],
  ['a message nobody was told of', ({ messages }) => messages.push(outbound('msg_7', 'x')), /msg_7/],
  [
    'a message without an end',
    ({ messages }) => messages.splice(0, 1, outbound('msg_1', 'out', 'queued')),
    /is queued/,
  ],
  [
    'another time in the event than in the API',
    ({ messages }) => messages.splice(0, 1, { ...outbound('msg_1', 'out'), sentAt: null }),
    /has sentAt null in the API/,
  ],
])('%s is open', ([, change, violation]) => {
  const sides = agreeing();
  change(sides);
  const { open, untold, broken } = verdictOn(sides);
  expect([...open, ...untold].join('\n')).toMatch(violation);
  expect(broken).toEqual([]);
});
