import type { Tapback } from '../types.ts';
import { type Drawing, type PlannedMessage, type PlannedPart, textOfParts } from './drawing.ts';
import { recent, writerIn } from './incoming.ts';
import type { Fact, TapbackFact } from './types.ts';

const plain = ['love', 'like', 'dislike', 'laugh', 'emphasise', 'question'] as const;
const emojis = ['👍', '🎉', '❤️‍🔥', '👩‍🚀'] as const;

/** Apple lets a message be edited for so long after it was sent, and taken back, in milliseconds. */
const EDIT_MS = 15 * 60_000;
const UNSEND_MS = 2 * 60_000;

/** Whether its sender may still change a message, so long after it was sent. */
const changeable = (day: Drawing, message: PlannedMessage, within: number): boolean =>
  day.now - message.at <= within &&
  message.service === 'iMessage' &&
  message.app === undefined &&
  message.sticker !== true;

const places = (message: PlannedMessage, fits: (part: PlannedPart) => boolean): number[] =>
  message.parts.flatMap((part, index) => (part && fits(part) ? [index] : []));

/** Somebody, or the owner, reacts to a part of a message, changes the reaction, or takes it away. */
export function react(day: Drawing): void {
  const { random } = day;
  const message = recent(day, ({ service, sticker }) => service === 'iMessage' && !sticker);
  if (!message) return;
  const from = random.chance(0.25) ? null : writerIn(day, message);
  const part = message.app ? 0 : random.pick(places(message, () => true));
  const key = `${part} ${from ?? ''}`;
  const before = message.tapbacks.get(key);
  const remove = before?.standing === true && random.chance(0.4);
  const kind = remove ? (before.kind as Tapback['kind']) : kindOf(day);
  const emoji = kind === 'emoji' ? random.pick(emojis) : undefined;
  const ref = day.name('m');
  const target = { guid: message.ref, part };
  const sender = from === null ? 'me' : { handle: from };
  const since = day.next;
  day.hide(before?.fact);
  day.do({
    do: 'tapback',
    ref,
    tapback: { kind, ...(emoji && { emoji }), target, sender, at: day.now, remove },
  });
  const fact: TapbackFact = {
    kind: 'tapback',
    guid: ref,
    at: day.now,
    action: remove ? 'removed' : 'added',
    tapback: kind,
    ...(emoji && { emoji }),
    from,
    target,
  };
  const [line] = day.do({ do: 'join', ref, chat: message.chat }, { ...fact, since });
  if (line) message.tapbacks.set(key, { fact: line, kind, standing: !remove });
}

function kindOf(day: Drawing): Tapback['kind'] {
  if (!day.has('15')) return day.random.pick(plain);
  return day.random.weighted([
    [14, day.random.pick(plain)],
    [5, 'emoji'],
    [1, 'sticker'],
  ]);
}

/** A part of a message gets a new text (macOS 13 and later). */
export function edit(day: Drawing): void {
  const message = recent(
    day,
    (one) => changeable(day, one, EDIT_MS) && one.edits < 5 && places(one, isText).length > 0,
  );
  if (!message || !day.has('13')) return;
  const part = day.random.pick(places(message, isText));
  const text = day.text();
  const before = message.edited.get(part) ?? [];
  message.edits += 1;
  message.parts[part] = { text };
  const version = before.length + 1;
  const whole = textOfParts(message.parts);
  const lines = day.do(
    { do: 'edit', ref: message.ref, part, text },
    { kind: 'edited', guid: message.ref, from: message.from, part, version, text, whole, at: day.now },
  );
  message.edited.set(part, [...before, ...lines]);
}

/** A message is taken back, whole or in parts (macOS 13 and later). */
export function unsend(day: Drawing): void {
  const message = recent(day, (one) => changeable(day, one, UNSEND_MS));
  if (!message || !day.has('13')) return;
  const standing = places(message, () => true);
  const parts = standing.length > 1 && day.random.chance(0.7) ? [day.random.pick(standing)] : undefined;
  const taken = parts ?? standing;
  for (const part of taken) {
    const gone = message.parts[part];
    message.parts[part] = null;
    day.hide(...(message.edited.get(part) ?? []));
    if (gone && 'file' in gone)
      day.hide(...message.facts.filter((fact) => fact.kind === 'file' && fact.file === gone.file));
  }
  const nothingLeft = message.parts.every((part) => part === null);
  if (nothingLeft) day.hide(...message.facts);
  const fact: Fact = {
    kind: 'unsent',
    guid: message.ref,
    from: message.from,
    parts: nothingLeft ? null : taken,
    whole: textOfParts(message.parts),
  };
  day.do({ do: 'unsend', ref: message.ref, ...(parts && { parts }) }, fact);
}

const isText = (part: PlannedPart): boolean => 'text' in part;
