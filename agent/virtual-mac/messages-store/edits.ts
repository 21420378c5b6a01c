import { parseBuffer } from 'bplist-parser';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { appleNanoseconds, appleSeconds } from './apple-time.ts';
import { binaryPlist, type PlistValue, plistReal } from './binary-plist.ts';
import { type BodyPart, joinParts, partsOf, rewritten } from './bodies.ts';
import type { ChatFile } from './chat-file.ts';
import { type MessageRows, noSuchMessage } from './message-rows.ts';

/** Names of `message_summary_info`: versions by part, edited parts, ranges of the original, retracted parts. */
interface Summary {
  amc?: number;
  ust?: boolean;
  ec?: Record<string, { t: Buffer; d: number }[]>;
  ep?: number[];
  otr?: Record<string, { lo: number; le: number }>;
  rp?: number[];
}

interface EditableRow {
  body: Buffer | null;
  summary: Buffer | null;
  date: string;
}

const isRecord = (value: unknown): value is Summary => typeof value === 'object' && value !== null;

function readSummary(blob: Buffer | null): Summary {
  if (!blob) return {};
  const [value] = parseBuffer<unknown>(blob);
  return isRecord(value) ? value : {};
}

function writeSummary({ ec, otr, ...rest }: Summary): Buffer {
  const value: Record<string, PlistValue> = { ...rest };
  if (otr) value.otr = Object.fromEntries(Object.entries(otr).map(([part, range]) => [part, { ...range }]));
  if (ec) {
    value.ec = Object.fromEntries(
      Object.entries(ec).map(([part, versions]) => [
        part,
        versions.map(({ t, d }) => ({ t, d: plistReal(d) })),
      ]),
    );
  }
  return binaryPlist(value);
}

const originalRanges = (parts: readonly BodyPart[]): Record<string, { lo: number; le: number }> =>
  Object.fromEntries(parts.map(({ part, start, text }) => [String(part), { lo: start, le: text.length }]));

const withNumbers = (list: readonly number[] = [], more: readonly number[] = []): number[] =>
  [...new Set([...list, ...more])].sort((a, b) => a - b);

/** Edits and unsends (macOS 13 and later), both in place: `date_edited` is set, `date_retracted` stays 0. */
export class Edits {
  readonly #file: ChatFile;
  readonly #rows: MessageRows;

  constructor(file: ChatFile, rows: MessageRows) {
    this.#file = file;
    this.#rows = rows;
  }

  /** Replaces the text of a part; the summary keeps every version, the original first. */
  edit(guid: string, { part = 0, text, at }: { part?: number; text: string; at: number }): void {
    this.#change(guid, at, (row) => {
      const parts = partsOf(row.body);
      const old = parts.find((one) => one.part === part);
      if (!old) throw noSuchPart();
      const edited = rewritten(old, text);
      const summary = readSummary(row.summary);
      const sent = Number(BigInt(row.date) / 1_000_000n) / 1000;
      const versions = summary.ec?.[part] ?? [{ t: joinParts([old]), d: sent }];
      summary.otr ??= originalRanges(parts);
      summary.ec = {
        ...summary.ec,
        [part]: [...versions, { t: joinParts([edited]), d: appleSeconds(at) }],
      };
      summary.ep = withNumbers(summary.ep, [part]);
      return {
        attributedBody: joinParts(parts.map((one) => (one === old ? edited : one))),
        message_summary_info: writeSummary(summary),
      };
    });
  }

  /** Takes parts back, all of them by default; those left keep their numbers. */
  unsend(guid: string, { parts: wanted, at }: { parts?: readonly number[]; at: number }): void {
    this.#change(guid, at, (row) => {
      const parts = partsOf(row.body);
      const taken = wanted ?? parts.map(({ part }) => part);
      if (taken.some((number) => !parts.some(({ part }) => part === number))) throw noSuchPart();
      const left = parts.filter(({ part }) => !taken.includes(part));
      const summary = readSummary(row.summary);
      summary.otr ??= originalRanges(parts);
      summary.rp = withNumbers(summary.rp, taken);
      return {
        attributedBody: left.length === 0 ? null : joinParts(left),
        part_count: left.length,
        is_empty: left.length === 0 ? 1 : 0,
        message_summary_info: writeSummary(summary),
      };
    });
  }

  #change(
    guid: string,
    at: number,
    changes: (row: EditableRow) => Record<string, Buffer | number | null>,
  ): void {
    this.#file.needs('message', 'date_edited');
    this.#file.write(() => {
      const row = this.#file.get<EditableRow>(
        'message',
        ['attributedBody AS body', 'message_summary_info AS summary', 'CAST(date AS TEXT) AS date'],
        { guid },
      );
      if (!row) throw noSuchMessage();
      this.#rows.change(guid, { ...changes(row), date_edited: appleNanoseconds(at) });
    });
  }
}

const noSuchPart = (): AppError =>
  new AppError('The message has no such part.', {
    code: 'not_found',
    retry: 'never',
    hint: 'Name a part that the message has and that was not taken back.',
  });
