import { z } from 'zod';

/** Most bytes of a request to the worker, and of the script's input within it. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

const PROGRAM = /^[a-z][a-z-]{0,39}$/;

/** What the agent asks of a worker, as JSON on its standard input: never in its arguments, which others can list. */
export const actRequestSchema = z.strictObject({
  actId: z.string(),
  actsFolder: z.string(),
  /** Name of a program in scripts/jxa. */
  script: z.string().regex(PROGRAM),
  /** Names of libraries in scripts/jxa that the program uses. */
  libraries: z.array(z.string().regex(PROGRAM)).max(8).readonly().optional(),
  /** The one argument of the program's `main`. */
  input: z.record(z.string(), z.unknown()),
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('system') }),
    z.strictObject({ kind: z.literal('virtual'), home: z.string() }),
  ]),
  /** How long the program may run, in milliseconds. */
  deadlineMs: z.int().positive(),
  /** A worker that comes to it later than this, in milliseconds since the Unix epoch, does not begin. */
  beginBefore: z.number(),
});

export type ActRequest = z.infer<typeof actRequestSchema>;
