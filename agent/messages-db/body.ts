import type { StoredMessage } from './message-row.ts';
import type { AttributedBody } from './typedstream.ts';
import { tryAttributedBody } from './typedstream.ts';
import type { MessagePart, TextMark } from './types.ts';

/** A body as the rest of the tail reads it. */
export interface Body {
  text: string;
  parts: MessagePart[];
  marks: TextMark[];
  /** What Messages heard in an audio message. */
  transcription: string | null;
}

type Run = AttributedBody['runs'][number];

const PART = '__kIMMessagePartAttributeName';
const TRANSFER = '__kIMFileTransferGUIDAttributeName';
const MENTION = '__kIMMentionConfirmedMention';
const LINK = '__kIMLinkAttributeName';
const CODE = '__kIMOneTimeCodeAttributeName';
const EFFECT = '__kIMTextEffectAttributeName';
const TRANSCRIPTION = 'IMAudioTranscription';

const STYLES = [
  ['__kIMTextBoldAttributeName', 'bold'],
  ['__kIMTextItalicAttributeName', 'italic'],
  ['__kIMTextUnderlineAttributeName', 'underline'],
  ['__kIMTextStrikethroughAttributeName', 'strikethrough'],
] as const;

/** Animations of text by their numbers. */
const EFFECTS: ReadonlyMap<string, string> = new Map([
  ['5', 'big'],
  ['11', 'small'],
  ['9', 'shake'],
  ['8', 'nod'],
  ['12', 'explode'],
  ['4', 'ripple'],
  ['6', 'bloom'],
  ['10', 'jitter'],
]);

/** The body is the truth and the text column its copy, often NULL; null where neither holds anything. */
export function bodyOf(row: StoredMessage): Body | null {
  // A column holds whatever was written to it.
  const decoded = row.body instanceof Uint8Array && row.body.length > 0 ? bodyOfBlob(row.body) : null;
  if (decoded) return decoded;
  return row.text && typeof row.text === 'string'
    ? { text: row.text, parts: [], marks: [], transcription: null }
    : null;
}

/** A body by itself; null for one without a text or that cannot be read. */
export function bodyOfBlob(blob: Uint8Array): Body | null {
  const decoded = tryAttributedBody(blob);
  return decoded?.text ? { text: decoded.text, ...contentOf(decoded.runs) } : null;
}

/** The text of a row alone. */
export const textOf = (row: StoredMessage): string | null => bodyOf(row)?.text ?? null;

function contentOf(runs: Run[]): Omit<Body, 'text'> {
  const parts: MessagePart[] = [];
  const marks: TextMark[] = [];
  let transcription: string | null = null;
  for (const run of runs) {
    addPart(run, parts);
    for (const key of Object.keys(run.attributes)) {
      if (key === TRANSCRIPTION) transcription = String(run.attributes[key]);
      else if (key !== PART && key !== TRANSFER) addMark(run, key, marks);
    }
  }
  return { parts, marks, transcription };
}

/** Runs of one part lie side by side. */
function addPart({ start, length, attributes }: Run, parts: MessagePart[]): void {
  const last = parts.at(-1);
  const part = Number(attributes[PART] ?? last?.part ?? 0);
  const transfer = attributes[TRANSFER];
  const attachment = typeof transfer === 'string' ? transfer : undefined;
  if (last && last.part === part && last.attachment === attachment) last.length += length;
  else parts.push({ part, start, length, ...(attachment !== undefined && { attachment }) });
}

function addMark({ start, length, attributes }: Run, key: string, marks: TextMark[]): void {
  const value = attributes[key];
  const where = { start, length };
  if (key === MENTION && typeof value === 'string') marks.push({ ...where, kind: 'mention', handle: value });
  else if (key === LINK && typeof value === 'string') marks.push({ ...where, kind: 'link', url: value });
  else if (key === EFFECT) {
    const effect = EFFECTS.get(String(value)) ?? String(value);
    marks.push({ ...where, kind: 'effect', effect });
  } else if (key === CODE) addCode(value, where, marks);
  else {
    const style = STYLES.find(([name]) => name === key)?.[1];
    if (style && value) marks.push({ ...where, kind: 'style', style });
  }
}

function addCode(value: unknown, where: { start: number; length: number }, marks: TextMark[]): void {
  if (typeof value !== 'object' || value === null || !('code' in value)) return;
  if (typeof value.code === 'string') marks.push({ ...where, kind: 'code', code: value.code });
}
