import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';
import { ActFiles, type Begun, isSystemError } from './act-files.ts';
import type { ActOutcome } from './types.ts';

const begunSchema: z.ZodType<Begun> = z.strictObject({
  by: z.enum(['worker', 'agent']),
  pid: z.int().positive(),
  startedAt: z.number(),
  deadlineAt: z.number(),
});

const actErrorSchema = z.strictObject({
  code: z.enum(Object.keys(messageErrors) as [MessageErrorCode, ...MessageErrorCode[]]),
  message: z.string().max(500),
  apple: z.int().exactOptional(),
});

/** What a result file holds: how an act ended, never what was sent or to whom. */
export const actOutcomeSchema: z.ZodType<ActOutcome> = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('not_started'), error: actErrorSchema }),
  z.strictObject({
    outcome: z.literal('handed_over'),
    changed: z.literal(false).exactOptional(),
    value: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  z.strictObject({ outcome: z.literal('uncertain'), error: actErrorSchema }),
]);

/** A started file that cannot be read: it is there, so the act began, but nothing more is known. */
export const UNREADABLE = 'unreadable';

/** The files of acts as the agent reads them, and takes them away. */
export class ActRecords extends ActFiles {
  readonly #folder: string;

  constructor(folder: string) {
    super(folder);
    this.#folder = folder;
  }

  begun(actId: string): Begun | typeof UNREADABLE | undefined {
    return this.#read(actId, 'started', begunSchema);
  }

  outcome(actId: string): ActOutcome | typeof UNREADABLE | undefined {
    return this.#read(actId, 'result', actOutcomeSchema);
  }

  remove(actId: string): void {
    rmSync(this.pathOf(actId, 'result'), { force: true });
    rmSync(this.pathOf(actId, 'started'), { force: true });
  }

  /**
   * Removes what nobody will ask for any more among the files older than a time, in milliseconds since the Unix epoch:
   * the bars of acts that never began, and halves that a crash left.
   */
  sweep(before: number): void {
    for (const name of readdirSync(this.#folder)) {
      const file = path.join(this.#folder, name);
      // A worker that is ending may rename its files meanwhile.
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat || stat.mtimeMs >= before) continue;
      if (name.endsWith('.tmp')) rmSync(file, { force: true });
      if (!name.endsWith('.started')) continue;
      const actId = name.slice(0, -'.started'.length);
      const begun = this.begun(actId);
      if (begun !== UNREADABLE && begun?.by === 'agent') this.remove(actId);
    }
  }

  #read<T>(actId: string, kind: string, schema: z.ZodType<T>): T | typeof UNREADABLE | undefined {
    let text: string;
    try {
      text = readFileSync(this.pathOf(actId, kind), 'utf8');
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof z.ZodError) return UNREADABLE;
      throw error;
    }
  }
}
