import { MAX_TOLD_TEXT } from '../../bridge/protocol/message-events.ts';

/** Most bytes that a text may take in an event, so that its frame stays below the limit of the link. */
const MAX_TEXT_BYTES = 160 * 1024;

/** Stands for a word that a row does not give. */
const UNKNOWN = 'unknown';

/** Never ends between the halves of a surrogate pair. */
const whole = (cut: string, text: string): string =>
  cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;

/** A word of chat.db within the bounds of the protocol: at least `shortest` characters, at most `longest` UTF-16 units. */
export const bounded = (word: string, longest: number, shortest = 1): string =>
  [...word.slice(0, 2 * shortest)].length < shortest ? UNKNOWN : whole(word.slice(0, longest), word);

/** A text, or as much of it as one event may carry; `most` units and `mostBytes` of JSON. */
export function toldText(
  text: string,
  most = MAX_TOLD_TEXT,
  mostBytes = MAX_TEXT_BYTES,
): { text: string; truncated?: true } {
  let cut = text.slice(0, most);
  while (jsonBytes(cut) > mostBytes) cut = cut.slice(0, Math.floor(cut.length * 0.9));
  return cut.length === text.length ? { text } : { text: whole(cut, text), truncated: true };
}

/** How many bytes a value takes in a frame. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** A count of chat.db as a number of the protocol. */
export const count = (value: number, most: number): number =>
  Math.min(most, Math.max(0, Math.trunc(Number.isFinite(value) ? value : 0)));
