import { z } from 'zod';

/** Parameters of `backfill.start`. */
export const startParamsSchema = z.strictObject({ since: z.iso.datetime() });

/** How far a backfill is, as the daemon answers `backfill.start` and `backfill.status`. Times are ISO 8601. */
export const backfillViewSchema = z.object({
  since: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** Rows of chat.db in the range, and how many of them were read. */
  rows: z.int(),
  read: z.int(),
  /** Messages that were told to the bridge, which passes by those that it has. */
  told: z.int(),
});

export type BackfillView = z.infer<typeof backfillViewSchema>;
