import { bodyOf, textOf } from './body.ts';
import type { Connection } from './connection.ts';
import { originalBody } from './edits.ts';
import type { StoredMessage } from './message-row.ts';
import { kindOf } from './message-row.ts';
import { trySummaryInfo } from './summary-info.ts';

/**
 * Whether a message says again what a row before it said, as one does that iCloud wrote anew: the same sender, within
 * so many milliseconds, the same text, be it one that the earlier row had before it was edited; without words, the
 * same files. Of a row of which something was taken back the text is gone: its very date is enough.
 */
export function saysAgain(row: StoredMessage, within: number, db: Connection): boolean {
  if (kindOf(row) !== 'message') return false;
  const text = textOf(row);
  return db.alike(row, within).some((other) => {
    if (kindOf(other) !== 'message' || (other.associatedType ?? 0) !== (row.associatedType ?? 0))
      return false;
    if (textOf(other) === text) return hasWords(text) || filesOf(other, db) === filesOf(row, db);
    return Boolean(other.dateEdited) && onceSaid(other, row, text, db);
  });
}

/** Whether more stands in a text than the marks of files and balloons. */
const hasWords = (text: string | null): boolean => /[^\uFFFC\uFFFD\s]/.test(text ?? '');

const filesOf = ({ rowid }: StoredMessage, db: Connection): string =>
  db
    .attachments(rowid)
    .map(({ transferName, totalBytes }) => `${transferName} ${totalBytes}`)
    .sort()
    .join('\n');

function onceSaid(other: StoredMessage, row: StoredMessage, text: string | null, db: Connection): boolean {
  const { summary } = trySummaryInfo(db.summary(other.rowid));
  if (summary.retracted.length > 0) return other.date === row.date;
  const [versions = []] = summary.versions.values();
  const texts = summary.versions.size === 1 ? versions.map((version) => version.text) : [];
  return [...texts, originalBody(bodyOf(other), summary)?.text].includes(text ?? '');
}
