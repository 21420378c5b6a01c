import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PacingConfig, pacingConfigSchema, stageOf } from '../../agent/pacing/config.ts';
import { decide, kindOf } from '../../agent/pacing/decide.ts';
import { itemsOf, type LoadItem, parseLoad } from '../../agent/pacing/load.ts';
import { dayNumber, localDay, momentOf, quietUntil } from '../../agent/pacing/local-day.ts';
import { type Departure, simulate } from '../../agent/pacing/simulate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FROM = '2026-03-01';

const configOf = (more: object = {}): PacingConfig =>
  pacingConfigSchema.parse({ timezone: 'America/New_York', ...more });

const configs = fc
  .record({
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
    newPerHour: fc.integer({ min: 1, max: 6 }),
    gapMs: fc.constantFrom(0, 1_000),
    jitterMs: fc.constantFrom(0, 2_000),
    pairPerMinute: fc.integer({ min: 1, max: 5 }),
    unanswered: fc.integer({ min: 1, max: 6 }),
    quietHours: fc.constantFrom(null, { from: '22:00', to: '08:00' }),
    ratio: fc.record({ outPerIn: fc.integer({ min: 1, max: 4 }), free: fc.integer({ min: 1, max: 20 }) }),
    curve: fc.constant([
      { fromDay: 1, newConversations: 2, proactive: 4 },
      { fromDay: 3, newConversations: 4, proactive: 9 },
    ]),
  })
  .map((config) => pacingConfigSchema.parse(config));

/** Some days with bursts to and from a few conversations. */
const loads = (days: number, config: PacingConfig): fc.Arbitrary<LoadItem[]> => {
  const start = momentOf(Date.parse(FROM), config.timezone);
  const item = fc.record({
    at: fc.integer({ min: 0, max: days * 24 * 60 }).map((minute) => start + minute * MINUTE),
    event: fc.constantFrom('send' as const, 'send' as const, 'send' as const, 'receive' as const),
    conversation: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    priority: fc.constantFrom('otp' as const, 'reply' as const, 'normal' as const, 'bulk' as const),
  });
  return fc.array(item, { maxLength: 120 }).map((items) => items.sort((one, other) => one.at - other.at));
};

const scenes = configs.chain((config) => fc.record({ config: fc.constant(config), items: loads(6, config) }));

/** What a message was preceded by, as seen from outside. */
interface Past {
  config: PacingConfig;
  message: Departure;
  /** All messages that left before it, and those that did not answer one of the last 24 hours. */
  before: readonly Departure[];
  proactive: readonly Departure[];
  /** Those to the same conversation. */
  mine: readonly Departure[];
  received: readonly number[];
  lastIn: number;
}

const within = (at: number, ms: number, times: readonly number[]): number =>
  times.filter((time) => at - time < ms).length;
const timesOf = (sent: readonly Departure[]): number[] => sent.map(({ at }) => at);

const always: Readonly<Record<string, (past: Past) => boolean>> = {
  'pair rate': ({ config, message, mine }) =>
    within(message.at, MINUTE, timesOf(mine)) >= config.pairPerMinute,
  gap: ({ config, message, before }) => message.at - (before.at(-1)?.at ?? -HOUR) < config.gapMs,
};

/** Each rule in its own words: whether a message that left broke it. */
const ofProactive: Readonly<Record<string, (past: Past) => boolean>> = {
  'daily cap': ({ config, message: { at }, proactive }) => {
    const { date, startsAt } = localDay(at, config.timezone);
    const today = timesOf(proactive).filter((time) => time >= startsAt);
    return today.length >= stageOf(config, dayNumber(date, FROM)).proactive;
  },
  'daily cap of new conversations': ({ config, message: { at, kind }, proactive }) => {
    const { date, startsAt } = localDay(at, config.timezone);
    const today = timesOf(proactive.filter((other) => other.kind === 'new')).filter(
      (time) => time >= startsAt,
    );
    return kind === 'new' && today.length >= stageOf(config, dayNumber(date, FROM)).newConversations;
  },
  'hourly cap of new conversations': ({ config, message: { at, kind }, proactive }) =>
    kind === 'new' &&
    within(at, HOUR, timesOf(proactive.filter((other) => other.kind === 'new'))) >= config.newPerHour,
  unanswered: ({ config, message: { at }, mine, lastIn }) =>
    within(
      at,
      30 * DAY,
      timesOf(mine).filter((time) => time > lastIn),
    ) >= config.unanswered,
  'quiet hours': ({ config, message: { at, urgent } }) =>
    !urgent && config.quietHours !== null && quietUntil(at, config.quietHours, config.timezone) !== undefined,
  ratio: ({ config, message: { at }, proactive, received }) =>
    within(at, 7 * DAY, timesOf(proactive)) >=
    config.ratio.free + config.ratio.outPerIn * within(at, 7 * DAY, received),
};

/** Looks at a whole run from outside, by the words of the rules alone. */
function breaches(config: PacingConfig, items: readonly LoadItem[], sent: readonly Departure[]): string[] {
  const received = items.filter(({ event }) => event === 'receive');
  return sent.flatMap((message, index) => {
    const before = sent.slice(0, index);
    const came = received.filter(({ at }) => at <= message.at);
    const from = came.filter(({ conversation }) => conversation === message.conversation);
    const past: Past = {
      config,
      message,
      before,
      proactive: before.filter(({ kind }) => kind !== 'reply'),
      mine: before.filter(({ conversation }) => conversation === message.conversation),
      received: came.map(({ at }) => at),
      lastIn: from.at(-1)?.at ?? Number.NEGATIVE_INFINITY,
    };
    const wrongKind = message.kind === kindFromOutside(past) ? [] : [`counted as ${message.kind}`];
    const rules = message.kind === 'reply' ? always : { ...always, ...ofProactive };
    return [...wrongKind, ...Object.keys(rules).filter((rule) => rules[rule]?.(past))];
  });
}

function kindFromOutside({ message: { at }, mine, lastIn }: Past): string {
  if (at - lastIn < DAY) return 'reply';
  const last = Math.max(lastIn, mine.at(-1)?.at ?? Number.NEGATIVE_INFINITY);
  return at - last < 30 * DAY ? 'follow_up' : 'new';
}

describe('pacing', () => {
  test('no schedule ever breaks a cap, and a conversation keeps its order', () => {
    fc.assert(
      fc.property(scenes, ({ config, items }) => {
        const { sent } = simulate({ config, from: FROM, days: 8, items });
        expect(breaches(config, items, sent)).toEqual([]);
        for (const name of new Set(sent.map(({ conversation }) => conversation))) {
          const arrivals = sent
            .filter(({ conversation }) => conversation === name)
            .map(({ arrivedAt }) => arrivedAt);
          expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('nothing waits when it need not: a moment before it left, a rule held it', () => {
    fc.assert(
      fc.property(scenes, ({ config, items }) => {
        let lastLeft = 0;
        simulate({
          config,
          from: FROM,
          days: 8,
          items,
          onSend: ({ arrivedAt, at, conversation, id }, ask) => {
            const free = Math.max(arrivedAt, lastLeft);
            lastLeft = at;
            // What came in at this very moment was not known before it.
            const news = items.some((item) => item.event === 'receive' && item.at === at);
            if (at > free && !news)
              expect({ id, conversation, go: ask(at - 1).go }).toMatchObject({ go: false });
          },
        });
      }),
      { numRuns: 100 },
    );
  });

  test('nothing starves: whatever may ever leave has left when time enough has passed', () => {
    fc.assert(
      fc.property(scenes, ({ config, items }) => {
        const roomy = { ...config, ratio: { outPerIn: 10, free: 10_000 } };
        const few = items.slice(0, 40);
        // One message to a silent conversation in thirty days, at the slowest.
        const { waiting } = simulate({ config: roomy, from: FROM, days: 30 * 41, items: few });
        expect(waiting).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  test('the first message of a line leaves at once, and a reply is never held by the caps of the day', () => {
    const config = configOf({ curve: [{ fromDay: 1, newConversations: 0, proactive: 0 }] });
    const line = {
      day: 1,
      resetsAt: DAY,
      newToday: 0,
      proactiveToday: 0,
      newLastHour: [],
      lastSentAt: null,
      week: { proactive: 0, received: 1, times: () => ({ proactive: [], received: [] }) },
      pausedUntil: 10 * DAY,
      shareOfCaps: 1,
    };
    const nobody = { lastInAt: null, lastOutAt: null, unanswered: [], lastMinute: [] };
    const message = { first: true, urgent: false };
    const first = { config: configOf(), line: { ...line, pausedUntil: null }, conversation: nobody };
    expect(decide(first, message, DAY / 2)).toEqual({ go: true, kind: 'new' });
    const answered = { config, line, conversation: { ...nobody, lastInAt: DAY / 2 - 1 } };
    expect(decide(answered, message, DAY / 2)).toEqual({ go: true, kind: 'reply' });
    expect(decide({ config, line, conversation: nobody }, message, DAY / 2)).toMatchObject({
      go: false,
      rule: 'line_paused',
    });
  });

  test('a conversation is new again after thirty days of silence', () => {
    expect(kindOf({ lastInAt: null, lastOutAt: 1 }, 30 * DAY)).toBe('follow_up');
    expect(kindOf({ lastInAt: null, lastOutAt: 1 }, 30 * DAY + 1)).toBe('new');
    expect(kindOf({ lastInAt: 1, lastOutAt: null }, DAY)).toBe('reply');
    expect(kindOf({ lastInAt: 1, lastOutAt: null }, DAY + 1)).toBe('follow_up');
  });

  const capsOf = (day: number): { proactive: number; newConversations: number } => {
    const curve: Array<[last: number, newConversations: number, proactive: number]> = [
      [2, 5, 20],
      [4, 10, 40],
      [7, 15, 60],
      [14, 25, 100],
      [21, 35, 150],
      [30, 50, 200],
    ];
    const [, newConversations = 0, proactive = 0] = curve.find(([last]) => day <= last) ?? [];
    return { proactive, newConversations };
  };

  test('thirty days with more to begin and enough to follow up keep both lines of the curve exactly', () => {
    const load = parseLoad(
      `day,time,event,conversation,count,priority
       *,00:00,receive,other-{n},100
       1,00:00,receive,known-{n},150
       *,00:05,send,new-{day}-{n},60,normal
       # Whoever wrote on the first day is answered on it: only those who are new can be followed up.
       1,12:00,send,new-1-{n},5
       1,12:00,send,new-1-{n},5
       1,12:00,send,new-1-{n},5
       2,12:00,send,known-{n},15,bulk
       3-4,12:00,send,known-{n},30,bulk
       5-7,12:00,send,known-{n},45,bulk
       8-14,12:00,send,known-{n},75,bulk
       15-21,12:00,send,known-{n},115,bulk
       22-30,12:00,send,known-{n},150,bulk`,
    );
    const config = configOf({ unanswered: 1_000 });
    const items = itemsOf(load, FROM, 30, config.timezone);
    const { days } = simulate({ config, from: FROM, days: 30, items });
    expect(
      days.map(({ day, proactive, newConversations }) => ({ day, proactive, newConversations })),
    ).toEqual(Array.from({ length: 30 }, (_, index) => ({ day: index + 1, ...capsOf(index + 1) })));
  });

  test('thirty days under more than they can take fill every day to its cap and never beyond', () => {
    const load = parseLoad(
      JSON.stringify([
        { day: '*', time: '00:00', event: 'receive', conversation: 'other-{n}', count: 100 },
        { day: '*', time: '09:00', event: 'send', conversation: 'new-{day}-{n}', count: 80 },
        { day: '*', time: '11:00', event: 'send', conversation: 'new-1-{n}', count: 5 },
        { day: '*', time: '11:00', event: 'send', conversation: 'new-1-{n}', count: 5 },
        { day: '*', time: '11:00', event: 'send', conversation: 'new-1-{n}', count: 5 },
        { day: '*', time: '12:00', event: 'send', conversation: 'new-1-{n}', count: 80 },
        { day: '*', time: '13:00', event: 'send', conversation: 'new-1-{n}', count: 80 },
        { day: '*', time: '14:00', event: 'send', conversation: 'new-1-{n}', count: 80 },
      ]),
    );
    const config = configOf({ unanswered: 1_000 });
    const items = itemsOf(load, FROM, 30, config.timezone);
    const { days, sent } = simulate({ config, from: FROM, days: 30, items });
    expect(breaches(config, items, sent.slice(0, 600))).toEqual([]);
    expect(days.map(({ proactive }) => proactive)).toEqual(
      Array.from({ length: 30 }, (_, index) => capsOf(index + 1).proactive),
    );
  });
});
