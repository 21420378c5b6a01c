import {
  type AttributedBody,
  decodeAttributedBody,
  encodeAttributedBody,
} from '../../messages-db/typedstream.ts';
import type { MessagePart, TextStretch } from '../types.ts';

/** Stands in a text for an attachment. */
export const OBJECT_REPLACEMENT = '\uFFFC';

const PART = '__kIMMessagePartAttributeName';
const TRANSFER = '__kIMFileTransferGUIDAttributeName';

type Run = AttributedBody['runs'][number];

/** A part of a body; `start` in UTF-16 units of the whole text. */
export interface BodyPart {
  part: number;
  start: number;
  text: string;
  attributes: Run['attributes'][];
  lengths: number[];
}

/** Guid of the attachment row that stands for a part. */
export const transferGuid = (part: number, message: string): string => `at_${part}_${message}`;

/** All of a part as stretches, the given ones and those between them. */
function stretchesOf(part: MessagePart, length: number): TextStretch[] {
  const all: TextStretch[] = [];
  let at = 0;
  const plain = (end: number): void => {
    if (end > at) all.push({ start: at, length: end - at, attributes: {} });
    at = end;
  };
  for (const run of part.kind === 'text' ? (part.runs ?? []) : []) {
    plain(run.start);
    all.push(run);
    at = run.start + run.length;
  }
  plain(length);
  return all;
}

/** The body of a message with its parts numbered from 0; null when there is nothing in it. */
export function bodyOf(parts: readonly MessagePart[], guid: string): Buffer | null {
  const runs: Run[] = [];
  let text = '';
  for (const [index, part] of parts.entries()) {
    const piece = part.kind === 'text' ? part.text : OBJECT_REPLACEMENT;
    if (piece === '') continue;
    const own = part.kind === 'text' ? part.attributes : { [TRANSFER]: transferGuid(index, guid) };
    for (const { start, length, attributes } of stretchesOf(part, piece.length))
      runs.push({ start: text.length + start, length, attributes: { ...own, ...attributes, [PART]: index } });
    text += piece;
  }
  return text === '' ? null : encodeAttributedBody({ text, runs });
}

/** The parts of a body, by the number that each run carries. */
export function partsOf(blob: Buffer | null): BodyPart[] {
  if (!blob) return [];
  const { text, runs } = decodeAttributedBody(blob);
  const parts: BodyPart[] = [];
  for (const { start, length, attributes } of runs) {
    const number = Number(attributes[PART] ?? 0);
    const piece = text.slice(start, start + length);
    const last = parts.at(-1);
    if (last?.part === number) {
      last.text += piece;
      last.attributes.push(attributes);
      last.lengths.push(length);
    } else {
      parts.push({ part: number, start, text: piece, attributes: [attributes], lengths: [length] });
    }
  }
  return parts;
}

/** A body of parts that keep their numbers and attributes. */
export function joinParts(parts: readonly BodyPart[]): Buffer {
  const runs: Run[] = [];
  let text = '';
  for (const part of parts) {
    let at = text.length;
    for (const [index, length] of part.lengths.entries()) {
      runs.push({ start: at, length, attributes: part.attributes[index] ?? {} });
      at += length;
    }
    text += part.text;
  }
  return encodeAttributedBody({ text, runs });
}

/** The part with another text and nothing but its number kept. */
export const rewritten = (part: BodyPart, text: string): BodyPart => ({
  ...part,
  text,
  attributes: text === '' ? [] : [{ [PART]: part.part }],
  lengths: text === '' ? [] : [text.length],
});
