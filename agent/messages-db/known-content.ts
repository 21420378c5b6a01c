import type { AttachmentRow } from './attachment-files.ts';
import { bodyOf, textOf } from './body.ts';
import type { Connection } from './connection.ts';
import { originalBody } from './edits.ts';
import type { StoredMessage } from './message-row.ts';
import { kindOf } from './message-row.ts';
import { trySummaryInfo } from './summary-info.ts';

/** What a row is compared with. */
export interface Comparison {
  /** Other rows are dated this near to it, in milliseconds. */
  within: number;
  toSelf: boolean;
  db: Connection;
}

/**
 * Whether a row says again what a row before it said, as one does that iCloud wrote anew: within so many milliseconds the
 * same text of the same sender, be it one that the earlier row had before it was edited; without words, the same files; the
 * same reaction, the same note about a group. Of a row of which something was taken back the text is gone: its very date is
 * enough. Rows come back from the other side too: an own message of the same chat counts as well, unless that is with
 * oneself, where two rows of one note stand on both sides.
 */
export function saysAgain(row: StoredMessage, { within, toSelf, db }: Comparison): boolean {
  const kind = kindOf(row);
  const text = kind === 'message' ? textOf(row) : null;
  return db.alike(row, within).some((other) => {
    if (kindOf(other) !== kind || (other.associatedType ?? 0) !== (row.associatedType ?? 0)) return false;
    if (toSelf ? other.fromMe !== row.fromMe : !isSameSide(other, row)) return false;
    if (kind !== 'message') return isSameFact(other, row);
    if (textOf(other) === text) return hasWords(text) || areSameFiles(other, row, within, db);
    return Boolean(other.dateEdited) && onceSaid(other, row, text, db);
  });
}

/** From the same person, or, where one of the two is from me, in the same chat. */
function isSameSide(other: StoredMessage, row: StoredMessage): boolean {
  if (other.fromMe === row.fromMe) return other.sender === row.sender;
  if (row.chatIdentifier && other.chatIdentifier) return row.chatIdentifier === other.chatIdentifier;
  return row.sender !== null && row.sender === other.sender;
}

/** Whether two reactions, or two notes about a group, tell the same. */
const isSameFact = (other: StoredMessage, row: StoredMessage): boolean =>
  FACT_FIELDS.every((field) => (other[field] || null) === (row[field] || null));

const FACT_FIELDS = [
  'associatedGuid',
  'associatedEmoji',
  'itemType',
  'groupAction',
  'groupTitle',
  'otherHandle',
  'chatIdentifier',
] as const;

/** Whether more stands in a text than the marks of files and balloons. */
const hasWords = (text: string | null): boolean => /[^\uFFFC\uFFFD\s]/.test(text ?? '');

/** Files are paired by name and size; of a late row sizes may not be known yet, and pair with any that is left. */
function areSameFiles(other: StoredMessage, row: StoredMessage, within: number, db: Connection): boolean {
  const before = db.attachments(other.rowid);
  const now = db.attachments(row.rowid);
  if (before.length !== now.length) return false;
  const left = unpaired(now, before, (a, b) => a.totalBytes === b.totalBytes);
  if (within === 0) return left.length === 0;
  return unpaired(left, before, (a, b) => !(a.totalBytes && b.totalBytes)).length === 0;
}

/** Those of some files that pair with none of the others of their name; each other that pairs is taken out of `others`. */
function unpaired(
  files: readonly AttachmentRow[],
  others: AttachmentRow[],
  isPair: (file: AttachmentRow, other: AttachmentRow) => boolean,
): AttachmentRow[] {
  return files.filter((file) => {
    const place = others.findIndex((one) => one.transferName === file.transferName && isPair(file, one));
    if (place >= 0) others.splice(place, 1);
    return place < 0;
  });
}

function onceSaid(other: StoredMessage, row: StoredMessage, text: string | null, db: Connection): boolean {
  const { summary } = trySummaryInfo(db.summary(other.rowid));
  if (summary.retracted.length > 0) return other.date === row.date;
  const [versions = []] = summary.versions.values();
  const texts = summary.versions.size === 1 ? versions.map((version) => version.text) : [];
  return [...texts, originalBody(bodyOf(other), summary)?.text].includes(text ?? '');
}
