import { type Drawing, type PlannedMessage, textOfParts } from './drawing.ts';
import { factChat, incoming, planned, text } from './incoming.ts';
import { unsent } from './outgoing.ts';
import type { BackfilledMessage, Fact, Ref } from './types.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Rows that came late have been judged with all that came with them after this. */
const CROWD_MS = 12_000;

/**
 * Old messages come from iCloud: under new ROWIDs and guids, of years or of late, with true new messages between them,
 * some in the very transaction.
 */
export function backfill(day: Drawing): void {
  const { random } = day;
  for (let bursts = random.between(1, 3); bursts > 0; bursts -= 1) {
    burst(day);
    if (random.chance(0.4)) text(day);
    day.pass(random.between(0, 800));
  }
}

function burst(day: Drawing): void {
  const { random } = day;
  const known = day.messages.filter((message) => canComeBack(day, message));
  const ageOf = agesOf(day);
  const copies = ageOf === agesOfYears;
  const count = random.between(4, 40);
  const rows = Array.from({ length: count }, (_, index): Row => {
    const ref = day.name('m');
    if (random.chance(0.04)) return { ref, ...newOne(day, ref) };
    if (copies && known.length > 0 && random.chance(0.3))
      return { ref, message: copyOf(random.pick(known)), facts: [silent(ref)] };
    return { ref, ...oldOne(day, ref, -ageOf(random, index, count)) };
  });
  write(day, rows);
}

/** What was written long ago, in one transaction. */
function write(day: Drawing, rows: readonly Row[]): void {
  day.do(
    { do: 'backfill', refs: rows.map(({ ref }) => ref), messages: rows.map(({ message }) => message) },
    ...rows.flatMap(({ facts }) => facts),
  );
}

function oldOne(day: Drawing, ref: Ref, at: number): Omit<Row, 'ref'> {
  const handle = day.random.pick(day.people);
  day.old += 1;
  const message: BackfilledMessage = {
    chat: { handle },
    sender: day.random.chance(0.2) ? 'me' : { handle },
    parts: [{ kind: 'text', text: day.text() }],
    at,
  };
  return { message, facts: [silent(ref)] };
}

/**
 * History comes in the order of its dates up to the day itself, for longer than one crowd of rows is waited for. It begins
 * before the week of which Messages fetches what it missed, and somebody watches: its end by itself could be just that.
 */
export function climb(day: Drawing): void {
  const { random } = day;
  const crowds = random.between(3, 5);
  const each = random.between(6, 14);
  const oldest = random.between(8 * DAY_MS, 20 * DAY_MS);
  const last = random.between(30, 60) * MINUTE_MS;
  const step = (oldest - last) / (crowds * each - 1);
  const crowd = (number: number): void =>
    write(
      day,
      Array.from({ length: each }, (_, index) => {
        const ref = day.name('m');
        return { ref, ...oldOne(day, ref, Math.floor(step * (number * each + index)) - oldest) };
      }),
    );
  crowd(0);
  day.watch(() => {
    for (let number = 1; number < crowds; number += 1) {
      day.pass(random.between(11_000, 30_000));
      if (random.chance(0.3)) text(day);
      crowd(number);
    }
    day.pass(CROWD_MS);
    text(day);
  });
}

/**
 * Hours without a network, in which the owner writes on: then what others wrote meanwhile comes, in their order or not,
 * with a replay among it.
 */
export function outage(day: Drawing): void {
  const { random } = day;
  const writers = day.people.filter(() => random.chance(0.5));
  if (writers.length === 0) return;
  day.pass(100_000);
  day.watch(() => {
    const begun = day.now;
    const waiting: (() => void)[] = [];
    for (let stretches = random.between(1, 5); stretches > 0; stretches -= 1) {
      day.pass(random.between(20, 40) * MINUTE_MS);
      waiting.push(unsent(day));
    }
    day.pass(random.between(0, 30) * MINUTE_MS);
    const count = random.between(3, 20);
    const dates = Array.from(
      { length: count },
      (_, index) => begun + Math.floor(((day.now - begun) * (index + random.next())) / count),
    );
    const mixed = random.chance(0.3);
    while (dates.length > 0) {
      const [at = day.now] = dates.splice(mixed ? random.between(0, dates.length - 1) : 0, 1);
      const from = random.pick(writers);
      incoming(day, { chat: { handle: from }, from, at, join: random.pick([0, 0, 2, 30]) });
      if (random.chance(0.2)) amid(day);
      day.pass(random.between(0, 3));
    }
    for (const sends of waiting) sends();
    day.pass(CROWD_MS);
    text(day);
  });
}

/** Some rows of a replay beside news; older than the week of which Messages fetches what it missed. */
function amid(day: Drawing): void {
  const { random } = day;
  const known = day.messages.filter((message) => canComeBack(day, message));
  const rows = Array.from({ length: random.between(1, 12) }, (): Row => {
    const ref = day.name('m');
    if (known.length > 0 && random.chance(0.3))
      return { ref, message: copyOf(random.pick(known)), facts: [silent(ref)] };
    return { ref, ...oldOne(day, ref, -random.between(8 * DAY_MS, 25 * DAY_MS)) };
  });
  write(day, rows);
}

interface Row {
  ref: Ref;
  message: BackfilledMessage;
  facts: Fact[];
}

export const silent = (guid: Ref): Fact => ({ kind: 'silent', guid, why: 'backfill' });

/** How long before the day began; what is dated in it may be news that waited for a Mac that was off. */
type Ages = (random: Drawing['random'], index: number, count: number) => number;

const agesOfYears: Ages = (random) => random.between(30 * DAY_MS, 900 * DAY_MS);
const agesOfWeeks: Ages = (random) => random.between(8 * DAY_MS, 29 * DAY_MS);
/** The newest first: what climbs to the present would be what Messages fetches after an absence. */
const agesOfLate: Ages = (_, index, count) => 1.5 * DAY_MS + Math.floor((index / count) * 5 * DAY_MS);

const agesOf = (day: Drawing): Ages =>
  day.random.weighted([
    [6, agesOfYears],
    [2, agesOfWeeks],
    [2, agesOfLate],
  ]);

/** What somebody writes just now. */
function newOne(day: Drawing, ref: Ref): Omit<Row, 'ref'> {
  const handle = day.random.pick(day.people);
  const words = day.text();
  const message: BackfilledMessage = {
    chat: { handle },
    sender: { handle },
    parts: [{ kind: 'text', text: words }],
    at: day.now,
  };
  day.messages.push(planned(ref, message, [{ text: words }]));
  return {
    message,
    facts: [
      {
        kind: 'received',
        guid: ref,
        chat: factChat(message.chat),
        late: false,
        from: handle,
        line: day.line,
        service: 'iMessage',
        at: message.at,
        parts: [words],
        files: [],
        ...(day.unknown.has(handle) && { filtered: 'unknown' }),
      },
    ],
  };
}

/** Younger messages do not come back: those would be told as news. */
export const YOUNGEST_COPY_MS = 20 * MINUTE_MS;

/** Plain texts between two that came long enough ago. */
const canComeBack = (day: Drawing, { chat, at, parts, app, edits, original }: PlannedMessage): boolean =>
  'handle' in chat &&
  at < day.now - YOUNGEST_COPY_MS &&
  parts.length === 1 &&
  app === undefined &&
  edits === 0 &&
  textOfParts(parts) === original &&
  !original.includes('\uFFFC');

const copyOf = ({ ref, chat, from, service, original, at }: PlannedMessage): BackfilledMessage => ({
  copyOf: ref,
  chat,
  sender: from === null ? 'me' : { handle: from },
  parts: [{ kind: 'text', text: original }],
  service,
  at,
});
