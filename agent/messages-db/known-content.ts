import { bodyOf, textOf } from './body.ts';
import type { Connection } from './connection.ts';
import { originalBody } from './edits.ts';
import type { StoredMessage } from './message-row.ts';
import { kindOf } from './message-row.ts';
import { trySummaryInfo } from './summary-info.ts';

/**
 * Whether a message says again what a row before it said, as one does that iCloud wrote anew: the same sender, within
 * so many milliseconds, the same text, be it one that the earlier row had before it was edited. Of a row of which
 * something was taken back the text is gone: its very date is enough.
 */
export function saysAgain(row: StoredMessage, within: number, db: Connection): boolean {
  if (kindOf(row) !== 'message') return false;
  const text = textOf(row);
  return db.alike(row, within).some((other) => {
    if (kindOf(other) !== 'message') return false;
    return textOf(other) === text || (Boolean(other.dateEdited) && onceSaid(other, row, text, db));
  });
}

function onceSaid(other: StoredMessage, row: StoredMessage, text: string | null, db: Connection): boolean {
  const { summary } = trySummaryInfo(db.summary(other.rowid));
  if (summary.retracted.length > 0) return other.date === row.date;
  const [versions = []] = summary.versions.values();
  const texts = summary.versions.size === 1 ? versions.map((version) => version.text) : [];
  return [...texts, originalBody(bodyOf(other), summary)?.text].includes(text ?? '');
}
