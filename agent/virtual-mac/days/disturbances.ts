import { type Drawing, type PlannedMessage, textOfParts } from './drawing.ts';
import { incoming, text } from './incoming.ts';
import type { BackfilledMessage, Fact } from './types.ts';

const DAY_MS = 24 * 3_600_000;

/** Old messages come from iCloud: under new ROWIDs and guids, now and then with a true new message between them. */
export function backfill(day: Drawing): void {
  const { random } = day;
  for (let bursts = random.between(1, 3); bursts > 0; bursts -= 1) {
    const known = day.messages.filter((message) => canComeBack(day, message));
    const messages = Array.from({ length: random.between(3, 40) }, (): BackfilledMessage => {
      if (known.length > 0 && random.chance(0.3)) return copyOf(random.pick(known));
      const handle = random.pick(day.people);
      return {
        chat: { handle },
        sender: random.chance(0.2) ? 'me' : { handle },
        parts: [{ kind: 'text', text: day.text() }],
        at: day.now - random.between(30 * DAY_MS, 900 * DAY_MS),
      };
    });
    const refs = messages.map(() => day.name('m'));
    const silent = refs.map((guid): Fact => ({ kind: 'silent', guid, why: 'backfill' }));
    day.old += messages.filter((message) => !message.copyOf).length;
    day.do({ do: 'backfill', refs, messages }, ...silent);
    if (random.chance(0.4)) text(day);
    day.pass(random.between(0, 800));
  }
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

/** The Mac was off, or had no network: what was written meanwhile comes at once, dated when it was written. */
export function catchUp(day: Drawing): void {
  const { random } = day;
  const away = random.between(60_000, 3 * DAY_MS);
  const writers = day.people.filter(() => random.chance(0.5));
  if (writers.length === 0) return;
  day.pass(100_000);
  day.pause(away);
  const count = random.between(3, 25);
  for (let index = 0; index < count; index += 1) {
    const from = random.pick(writers);
    const at = day.now - away + Math.floor((away * (index + random.next())) / count);
    incoming(day, { chat: { handle: from }, from, at, join: random.pick([0, 0, 2, 30]) });
    day.pass(random.between(0, 3));
  }
}

/** Writes that mean nothing to a person. */
export function churn(day: Drawing): void {
  const touched = day.messages.slice(-30).filter(() => day.random.chance(0.3));
  for (const { ref } of touched) day.do({ do: 'reindex', ref });
  if (day.random.chance(0.2)) {
    const ref = day.name('m');
    day.do({ do: 'ghost', ref }, { kind: 'silent', guid: ref, why: 'ghost' });
  }
}

/** -wal is folded into the file, and another one begun. */
export function walSwap(day: Drawing): void {
  day.do({ do: 'swap-wal' });
}

/** The database is built anew, with other ROWIDs, without some of the old messages and without columns of later. */
export function rebuild(day: Drawing): void {
  const dropOldest = day.random.between(0, day.old);
  day.old -= dropOldest;
  day.columns.clear();
  day.do({ do: 'rebuild', dropOldest });
}

/** The database is moved away, half restored perhaps, and restored. */
export function away(day: Drawing): void {
  const { random } = day;
  day.do({ do: 'take-away' });
  day.pause(random.between(0, 3_000));
  if (random.chance(0.5)) {
    day.do({ do: 'restore-half' });
    day.pause(random.between(0, 3_000));
  }
  day.do({ do: 'restore' });
}

/** A table gains a column, and may lose it again. */
export function columns(day: Drawing): void {
  const { random } = day;
  const name = `added_${day.next}`;
  const table = random.pick(['message', 'chat', 'attachment', 'chat_message_join']);
  day.columns.add(name);
  day.do({ do: 'add-column', table, name });
  if (random.chance(0.6))
    day.after(random.between(0, 10_000), () => {
      if (day.columns.delete(name)) day.do({ do: 'drop-column', table, name });
    });
}
