import { type Drawing, type PlannedMessage, textOfParts } from './drawing.ts';
import { factChat, planned, text } from './incoming.ts';
import type { BackfilledMessage, Fact, Ref } from './types.ts';

const DAY_MS = 24 * 3_600_000;

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
    const handle = random.pick(day.people);
    const message: BackfilledMessage = {
      chat: { handle },
      sender: random.chance(0.2) ? 'me' : { handle },
      parts: [{ kind: 'text', text: day.text() }],
      at: -ageOf(random, index, count),
    };
    day.old += 1;
    return { ref, message, facts: [silent(ref)] };
  });
  day.do(
    { do: 'backfill', refs: rows.map(({ ref }) => ref), messages: rows.map(({ message }) => message) },
    ...rows.flatMap(({ facts }) => facts),
  );
}

interface Row {
  ref: Ref;
  message: BackfilledMessage;
  facts: Fact[];
}

const silent = (guid: Ref): Fact => ({ kind: 'silent', guid, why: 'backfill' });

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
const YOUNGEST_COPY_MS = 20 * 60_000;

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
