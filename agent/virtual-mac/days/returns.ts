import type { Drawing, PlannedMessage } from './drawing.ts';
import { textOfParts } from './drawing.ts';
import { silent, YOUNGEST_COPY_MS } from './replays.ts';
import type { BackfilledMessage, Ref, TapbackFact } from './types.ts';

/** `associated_message_type` counts from 2000 in this order, and from 3000 for removals. */
const reactions: readonly string[] = ['love', 'like', 'dislike', 'laugh', 'emphasise', 'question'];

/** What the day has told comes back under new guids, in other shapes than that of a text from its sender. */
export function comeBack(day: Drawing): void {
  const { random } = day;
  const returns = (): void => {
    day.pass(YOUNGEST_COPY_MS + random.between(1_000, 60_000));
    for (let left = random.between(2, 5); left > 0; left -= 1) {
      random.pick([turned, reaction, note, photo])(day);
      day.pass(random.between(0, 3_000));
    }
  };
  if (random.chance(0.5)) day.watch(returns);
  else returns();
}

const isOld = (day: Drawing, { at }: { at: number }): boolean => at < day.now - YOUNGEST_COPY_MS;

const isAsItCame = ({ parts, app, edits, original }: PlannedMessage): boolean =>
  app === undefined && edits === 0 && textOfParts(parts) === original;

function again(day: Drawing, message: BackfilledMessage): void {
  const ref = day.name('m');
  day.do({ do: 'backfill', refs: [ref], messages: [message] }, silent(ref));
}

/** An own message as if somebody had written it: the other person, or in a group the own address. */
function turned(day: Drawing): void {
  const own = day.messages.filter(
    (one) => one.from === null && isOld(day, one) && isAsItCame(one) && !one.original.includes('\uFFFC'),
  );
  if (own.length === 0) return;
  const { ref, chat, service, original, at } = day.random.pick(own);
  const sender = { handle: 'handle' in chat ? chat.handle : day.line };
  again(day, { copyOf: ref, chat, sender, parts: [{ kind: 'text', text: original }], service, at });
}

/** A reaction, or that it was taken away, as it stands. */
function reaction(day: Drawing): void {
  const facts = day.messages.flatMap(({ chat, service, tapbacks }) =>
    [...tapbacks.values()].flatMap(({ fact }) =>
      fact.kind === 'tapback' && isOld(day, fact) ? [{ chat, service, fact, type: typeOf(fact) }] : [],
    ),
  );
  const known = facts.filter(({ type }) => type !== null);
  if (known.length === 0) return;
  const { chat, service, fact, type } = day.random.pick(known);
  again(day, {
    copyOf: fact.guid,
    chat,
    sender: fact.from === null ? 'me' : { handle: fact.from },
    parts: [{ kind: 'text', text: 'Liked “that”' }],
    service,
    at: fact.at,
    associated: { ...fact.target, type: type ?? 0 },
  });
}

function typeOf({ tapback, action }: TapbackFact): number | null {
  const place = reactions.indexOf(tapback);
  return place < 0 ? null : (action === 'removed' ? 3000 : 2000) + place;
}

/** The last note about a group. */
function note(day: Drawing): void {
  const groups = day.groups.flatMap(({ ref, last }) => (last && isOld(day, last) ? [{ ref, last }] : []));
  if (groups.length === 0) return;
  const { ref: group, last } = day.random.pick(groups);
  const ref = day.name('m');
  const by = last.by === null ? 'me' : { handle: last.by };
  day.do({ do: 'note', ref, chat: { group }, note: last.note, by, copyOf: last.ref });
  day.after(day.random.pick([0, 30, 300]), () => day.do({ do: 'join', ref, chat: { group } }, silent(ref)));
}

/** Files that come again, their rows in the same moment or later, of a size that is told, told later or never. */
function photo(day: Drawing): void {
  const { random } = day;
  const whole = day.messages.filter(
    (one) => one.files && one.files.length > 0 && isOld(day, one) && isAsItCame(one),
  );
  if (whole.length === 0) return;
  const { ref: copied, chat, from, at, original, files = [] } = random.pick(whole);
  const ref = day.name('m');
  const words = original.replaceAll('\uFFFC', '');
  const message = {
    chat,
    sender: from === null ? ('me' as const) : { handle: from },
    parts: [
      ...files.map(() => ({ kind: 'attachment' }) as const),
      ...(words ? [{ kind: 'text', text: words } as const] : []),
    ],
    at,
  };
  day.do({ do: 'message', ref, message, joined: true, dated: { of: copied } }, silent(ref));
  for (const [part, { bytes, ...file }] of files.entries()) sendAgain(day, ref, { ...file, part, bytes });
}

function sendAgain(
  day: Drawing,
  message: Ref,
  { bytes, ...file }: { name: string; mime?: string; uti: string; part: number; bytes: number },
): void {
  const { random } = day;
  const ref = day.name('a');
  const totalBytes = random.pick([0, bytes]);
  const later = random.pick([0, 200, 15_000]);
  day.after(later, () => {
    day.do({ do: 'attach', ref, message, file: { ...file, totalBytes, at: day.now } });
    if (random.chance(0.7))
      day.after(random.between(0, 8_000), () => day.do({ do: 'transfer', ref, state: 5, bytes }));
  });
}
