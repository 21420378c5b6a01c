import { z } from 'zod';
import { changeOf, endOf } from './call-record.ts';
import type { CallsFile, StoredCall } from './calls-file.ts';
import type { CallBatch, CallsMemory } from './types.ts';

/** Records read at once. */
const CHUNK = 200;
/** Calls whose ids are remembered, so that none is told again when its record is written anew. */
const REMEMBERED = 5_000;
/** A record may come this much after its call ended, and the first start between them. */
const RECORD_LATE_MS = 15 * 60_000;
/** What ended before this is history, however it comes. */
const HISTORY_MS = 30 * 24 * 3_600_000;

const cursorSchema = z.object({
  /** Which file it is; null before there was one. */
  file: z.string().nullable(),
  pk: z.number(),
  /** Id of the record at `pk`; null where there is none. */
  uuid: z.string().nullable(),
  /** Newest end of a call up to there, in milliseconds since the Unix epoch. */
  newest: z.number(),
  /** First start ever: what ended before is history, when iCloud brings it too. */
  since: z.number().optional(),
  /** In a history that was built anew: records up to `until` that ended no later than `newest` were there before. */
  rebuilt: z.object({ until: z.number(), newest: z.number() }).optional(),
});

type Cursor = z.infer<typeof cursorSchema>;

const PREFIX = 'call:';

/** Tells each call once, in the order in which the history got them; none that ended before the first start, or a month ago. */
export class CallTail {
  #cursor: Cursor | null;
  /** Ids of calls that were told or passed by, oldest first. */
  readonly #known: Set<string>;
  #more = false;

  constructor(memory: CallsMemory) {
    this.#cursor = memory.cursor === null ? null : cursorSchema.parse(JSON.parse(memory.cursor));
    const byOrder = [...memory.entries].filter(([key]) => key.startsWith(PREFIX));
    byOrder.sort((a, b) => Number(a[1]) - Number(b[1]));
    this.#known = new Set(byOrder.map(([key]) => key.slice(PREFIX.length)));
  }

  /** Whether the last batch stopped short of the newest record. */
  get more(): boolean {
    return this.#more;
  }

  /** Where a tail without any memory starts when there is no file yet: whatever comes after `now`. */
  beginBeforeFile(now: number): CallBatch | null {
    if (this.#cursor) return null;
    return this.#begin({ file: null, pk: 0, uuid: null, newest: now, since: now });
  }

  /** What is new; null when nothing needs telling or saving. */
  next(file: CallsFile, now: number): CallBatch | null {
    if (!this.#cursor) {
      const pk = file.highWater();
      return this.#begin({ file: file.file, pk, uuid: file.uuidAt(pk) ?? null, newest: now, since: now });
    }
    const cursor = place(this.#cursor, file);
    const rows = file.after(cursor.pk, CHUNK);
    this.#more = rows.length === CHUNK;
    const last = rows.at(-1);
    if (!last) {
      this.#cursor = cursor;
      return null;
    }
    const fresh = rows.filter((row) => !this.#known.has(row.uuid));
    const changes = fresh
      .filter((row) => !wasThere(row, cursor) && !isHistory(row, cursor, now))
      .map((row) => changeOf(row, now));
    const newest = Math.max(cursor.newest, ...rows.map((row) => Math.min(endOf(row), now)));
    this.#cursor = { ...cursor, pk: last.pk, uuid: last.uuid, newest };
    return { changes, memory: this.#remember(fresh, now) };
  }

  #begin(cursor: Cursor): CallBatch {
    this.#cursor = cursor;
    return { changes: [], memory: { cursor: JSON.stringify(cursor), remember: [], forget: [] } };
  }

  #remember(rows: readonly StoredCall[], order: number): CallBatch['memory'] {
    for (const { uuid } of rows) this.#known.add(uuid);
    const forget = [...this.#known].slice(0, Math.max(0, this.#known.size - REMEMBERED));
    for (const uuid of forget) this.#known.delete(uuid);
    return {
      cursor: JSON.stringify(this.#cursor),
      remember: rows.map(({ uuid }) => [`${PREFIX}${uuid}`, String(order)]),
      forget: forget.map((uuid) => `${PREFIX}${uuid}`),
    };
  }
}

/**
 * Where to go on reading. Primary keys count up in one file; in a history that was built anew all records are read
 * again, and those that are no newer than what was seen before are passed by.
 */
function place(cursor: Cursor, file: CallsFile): Cursor {
  const uuid = file.uuidAt(cursor.pk);
  const sameRecord = cursor.uuid !== null && uuid === cursor.uuid;
  const sameFile = cursor.file === file.file && uuid === undefined && file.highWater() >= cursor.pk;
  if (sameRecord || sameFile) return cursor.file === file.file ? cursor : { ...cursor, file: file.file };
  const rebuilt = { until: file.highWater(), newest: cursor.newest };
  return { ...cursor, file: file.file, pk: 0, uuid: null, rebuilt };
}

const wasThere = (row: StoredCall, { rebuilt }: Cursor): boolean =>
  rebuilt !== undefined && row.pk <= rebuilt.until && endOf(row) <= rebuilt.newest;

/** A record without a date is none. */
function isHistory(row: StoredCall, { since = 0 }: Cursor, now: number): boolean {
  const end = endOf(row);
  return end !== 0 && end < Math.max(Math.min(since, now) - RECORD_LATE_MS, now - HISTORY_MS);
}
