import type { AppError } from '../../bridge/runtime/app-error.ts';
import type { PlistValue } from './binary-plist.ts';
import { badPlist, readBinaryPlist } from './binary-plist.ts';
import { isDictionary } from './keyed-archive.ts';
import { textOfAttributedBody } from './typedstream.ts';

/** A text that a part of a message once had. */
export interface PartVersion {
  text: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** What `message_summary_info` keeps of edits and unsends (macOS 13 and later). */
export interface SummaryInfo {
  /** Versions of each edited part, the original first, the one that stands last. */
  versions: Map<number, PartVersion[]>;
  /** Bodies of those parts as they were at first. */
  originals: Map<number, Uint8Array>;
  /** Parts that were taken back. */
  retracted: number[];
}

/** 2001-01-01 UTC in milliseconds since the Unix epoch. */
const REFERENCE_DATE_MS = 978_307_200_000;
/** Messages allows five edits of a message; no more than this is read of each part. */
const MAX_VERSIONS = 100;

/** Stamps beyond this, some thousand years, say nothing. */
const MOST_SECONDS = 100_000_000_000;

const EMPTY: SummaryInfo = { versions: new Map(), originals: new Map(), retracted: [] };

/** Reads `ec` and `rp` of the summary. Throws an AppError with code `bad_plist` for a damaged one. */
export function readSummaryInfo(blob: Uint8Array | null): SummaryInfo {
  if (!blob || blob.length === 0) return EMPTY;
  const plist = readBinaryPlist(blob);
  if (!isDictionary(plist)) throw badPlist('the summary is no dictionary');
  const versions = new Map<number, PartVersion[]>();
  const originals = new Map<number, Uint8Array>();
  if (isDictionary(plist.ec)) {
    for (const [name, list] of Object.entries(plist.ec)) {
      const part = Number(name);
      if (!isPart(part)) continue;
      versions.set(part, versionsOf(list));
      const first = Array.isArray(list) ? list[0] : undefined;
      if (isDictionary(first) && first.t instanceof Uint8Array) originals.set(part, first.t);
    }
  }
  const retracted = Array.isArray(plist.rp) ? plist.rp.filter(isPart) : [];
  return { versions, originals, retracted };
}

/** The summary, or an empty one and the error for a damaged one. */
export function trySummaryInfo(blob: Uint8Array | null): { summary: SummaryInfo; damage?: AppError } {
  try {
    return { summary: readSummaryInfo(blob) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'bad_plist') {
      return { summary: EMPTY, damage: error as AppError };
    }
    throw error;
  }
}

const isPart = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function versionsOf(list: PlistValue): PartVersion[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_VERSIONS).flatMap((version) => {
    if (!isDictionary(version) || !(version.t instanceof Uint8Array)) return [];
    const text = textOfAttributedBody(version.t);
    const seconds = typeof version.d === 'number' && Math.abs(version.d) < MOST_SECONDS ? version.d : 0;
    return text === null ? [] : [{ text, at: Math.round(REFERENCE_DATE_MS + seconds * 1000) }];
  });
}
