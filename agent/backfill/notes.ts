import { z } from 'zod';
import type { Journal } from '../journal/types.ts';

/** A backfill as the journal has it; times in milliseconds since the Unix epoch. */
const runSchema = z.object({
  since: z.number(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  rows: z.int(),
  read: z.int(),
  told: z.int(),
  /** Which chat.db it is, in which ROWIDs hold. */
  file: z.string(),
  /** The last ROWID that was told, and the last that will be: what comes after it is told as it comes. */
  done: z.int(),
  end: z.int(),
});

/** Rows up to a ROWID, dated since a time, were told by a backfill. */
const coverSchema = z.object({
  file: z.string(),
  since: z.number(),
  upTo: z.int(),
  /** GUID of the row there, by which a renumbered database is known. */
  guid: z.string().nullable(),
});

export type Run = z.infer<typeof runSchema>;
export type Cover = z.infer<typeof coverSchema>;

const stateSchema = z.object({ run: runSchema.nullable(), covers: z.array(coverSchema) });
export type BackfillState = z.infer<typeof stateSchema>;

const NOTE = 'backfill';
/** Covers that are remembered, the newest. */
const MAX_COVERS = 20;

/** What the journal remembers of backfills. Throws as {@link Journal} does. */
export function readState(journal: Pick<Journal, 'note'>): BackfillState {
  const note = journal.note(NOTE);
  return note === undefined ? { run: null, covers: [] } : stateSchema.parse(JSON.parse(note));
}

/** The state as notes of a change of the journal. */
export const notesOf = (state: BackfillState): Record<string, string> => ({ [NOTE]: JSON.stringify(state) });

/** With one more cover, without those that lie within it. */
export const withCover = (covers: readonly Cover[], cover: Cover): Cover[] =>
  [
    ...covers.filter(
      ({ file, since, upTo }) => file !== cover.file || since < cover.since || upTo > cover.upTo,
    ),
    cover,
  ].slice(-MAX_COVERS);
