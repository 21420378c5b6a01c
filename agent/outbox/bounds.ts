import { MAX_TEXT_LENGTH } from '../../bridge/protocol/limits.ts';

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

/** Cuts a text to what one event may carry. */
export function boundedText(text: string): string {
  let cut = text.slice(0, MAX_TEXT_LENGTH * 4);
  while (Buffer.byteLength(JSON.stringify(cut)) > MAX_TEXT_BYTES)
    cut = cut.slice(0, Math.floor(cut.length * 0.9));
  return whole(cut, text);
}

/** A count of chat.db as a number of the protocol. */
export const count = (value: number, most: number): number =>
  Math.min(most, Math.max(0, Math.trunc(Number.isFinite(value) ? value : 0)));
