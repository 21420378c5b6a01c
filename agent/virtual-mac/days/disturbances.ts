import type { Drawing } from './drawing.ts';
import { incoming } from './incoming.ts';

const DAY_MS = 24 * 3_600_000;

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
  day.lost.clear();
  day.do({ do: 'rebuild', dropOldest });
}

/** The database is moved away, comes back in parts perhaps, and is whole again. */
export function away(day: Drawing): void {
  const { random } = day;
  day.do({ do: 'take-away' });
  day.pause(random.between(0, 3_000));
  if (random.chance(0.4)) {
    day.do({ do: 'restore', how: 'moved' });
    return;
  }
  day.do({ do: 'restore-half', how: random.pick(['half', 'half', 'empty', 'garbage']) });
  day.pause(random.between(0, 3_000));
  day.do({ do: 'restore', how: random.pick(['moved', 'copied']) });
}

/** Somebody puts the database back as it is and holds it locked for a while, in which Messages goes on. */
export function locked(day: Drawing): void {
  day.do({ do: 'lock' });
  day.after(day.random.between(0, 30_000), () => day.do({ do: 'unlock' }));
}

/** Columns that a reader may name and that nothing of a day depends on, and the release since which they are there. */
const spare = [
  ['attachment', 'uti', 'TEXT', '12'],
  ['message', 'account', 'TEXT', '12'],
  ['attachment', 'emoji_image_short_description', 'TEXT', '15'],
  ['message', 'filter_action', 'INTEGER DEFAULT 0', '27'],
] as const;

/** A table gains a column, or loses one, and that is undone later. */
export function columns(day: Drawing): void {
  const { random } = day;
  const [table, name, declaration] = random.pick(spare.filter(([, , , since]) => day.has(since)));
  if (random.chance(0.5)) gain(day, random.pick(['message', 'chat', 'attachment', 'chat_message_join']));
  else if (!day.lost.has(name)) {
    day.lost.add(name);
    day.do({ do: 'drop-column', table, name });
    day.after(random.between(0, 60_000), () => {
      if (day.lost.delete(name)) day.do({ do: 'add-column', table, name, declaration });
    });
  }
}

function gain(day: Drawing, table: string): void {
  const name = `added_${day.next}`;
  day.columns.add(name);
  day.do({ do: 'add-column', table, name, declaration: 'INTEGER DEFAULT 0' });
  if (day.random.chance(0.6))
    day.after(day.random.between(0, 10_000), () => {
      if (day.columns.delete(name)) day.do({ do: 'drop-column', table, name });
    });
}
