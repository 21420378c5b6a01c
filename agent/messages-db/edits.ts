import { fromAppleMilliseconds } from './apple-time.ts';
import type { Body } from './body.ts';
import { bodyOfBlob } from './body.ts';
import type { StoredMessage } from './message-row.ts';
import { chatOf, lineOf, senderOf, serviceOf } from './message-row.ts';
import type { SummaryInfo } from './summary-info.ts';
import type { EditedChange, UnsentChange } from './types.ts';

/** What was told of the edits and unsends of one message. */
export interface ToldEdits {
  /** Versions told of each part, the original counted. */
  versions: Record<string, number>;
  retracted: number[];
  /** It was told that nothing is left. */
  gone: boolean;
  /** `date_edited` of the last edit that was told without a history. */
  bare: number;
}

const NOTHING: ToldEdits = { versions: {}, retracted: [], gone: false, bare: 0 };

/** A row as it stands, with what it says of its history. */
export interface EditedRow {
  row: StoredMessage;
  body: Body | null;
  summary: SummaryInfo;
}

type Change = EditedChange | UnsentChange;
type Common = Omit<EditedChange, 'kind' | 'at' | 'part' | 'text' | 'whole' | 'version' | 'history'>;

/** The edits and unsends that were not told yet, and what is told once they are. */
export function editChanges(
  edited: EditedRow,
  told: ToldEdits | undefined,
  now: number,
): { changes: Change[]; told: ToldEdits } {
  const { row, body, summary } = edited;
  const before = told ?? NOTHING;
  const at = fromAppleMilliseconds(row.dateEdited) ?? now;
  const whole = body?.text ?? '';
  const common: Common = {
    guid: row.guid,
    chat: chatOf(row),
    from: row.fromMe === 1 ? null : senderOf(row),
    line: lineOf(row),
    service: serviceOf(row),
  };
  const retracted = summary.retracted.filter((part) => !before.retracted.includes(part));
  const gone = whole === '' && (row.empty === 1 || summary.retracted.length > 0);
  const changes = versionChanges(summary, before, { common, whole });
  if (gone ? !before.gone : retracted.length > 0) {
    changes.push({ kind: 'unsent', ...common, at, parts: gone ? null : retracted, whole });
  }
  const hasHistory = summary.versions.size > 0 || summary.retracted.length > 0 || gone;
  if (!hasHistory && before.bare !== at) {
    changes.push({
      ...{ kind: 'edited', ...common, at, part: 0, text: whole, whole, version: 1 },
      history: [{ text: whole, at }],
    });
  }
  return {
    changes,
    told: {
      versions: toldVersions(summary, before),
      retracted: [...before.retracted, ...retracted],
      gone: gone || before.gone,
      bare: hasHistory ? before.bare : at,
    },
  };
}

function versionChanges(
  summary: SummaryInfo,
  before: ToldEdits,
  { common, whole }: { common: Common; whole: string },
): Change[] {
  return [...summary.versions].flatMap(([part, versions]) =>
    versions.flatMap(({ text, at }, version): Change[] =>
      version < (before.versions[part] ?? 1)
        ? []
        : [
            {
              ...{ kind: 'edited', ...common, at, part, text, whole, version },
              history: versions.slice(0, version + 1),
            },
          ],
    ),
  );
}

function toldVersions(summary: SummaryInfo, before: ToldEdits): Record<string, number> {
  const told = { ...before.versions };
  for (const [part, { length }] of summary.versions) told[part] = Math.max(length, told[part] ?? 1);
  return told;
}

/** The body as it was before any edit; parts that were taken back are gone for good. */
export function originalBody(body: Body | null, { versions, originals }: SummaryInfo): Body | null {
  if (!body || versions.size === 0) return body;
  const original: Body = { text: '', parts: [], marks: [], transcription: body.transcription };
  for (const part of body.parts) {
    const start = original.text.length;
    const edited = versions.get(part.part)?.[0];
    const blob = originals.get(part.part);
    const was = edited ? (blob ? bodyOfBlob(blob) : null) : body;
    const from = edited ? 0 : part.start;
    const text = edited?.text ?? body.text.slice(part.start, part.start + part.length);
    const marks = was?.marks.filter((mark) => mark.start >= from && mark.start < from + text.length) ?? [];
    original.parts.push({ ...part, start, length: text.length });
    original.marks.push(...marks.map((mark) => ({ ...mark, start: mark.start - from + start })));
    original.text += text;
  }
  return original;
}
