import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { actOutcomeSchema } from './outcome.ts';
import type { ActOutcome } from './types.ts';

const begunSchema = z.strictObject({
  /** `agent` when the act was barred: it never began and never will. */
  by: z.enum(['worker', 'agent']),
  pid: z.int().positive(),
  startedAt: z.number(),
  deadlineAt: z.number(),
});

/** Who began an act, and until when it may run; times in milliseconds since the Unix epoch. */
export type Begun = z.infer<typeof begunSchema>;

/** A started file that cannot be read: it is there, so the act began, but nothing more is known. */
export const UNREADABLE = 'unreadable';

/**
 * The files by which an act outlives the agent, in one folder (0700, files 0600).
 * `<act>.started` is made by whoever owns the act, with all its content at once and only if it is not there yet;
 * `<act>.result` is how the act ended.
 */
export class ActFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    makeFolder(folder);
  }

  /** Takes the act; false when somebody has it already. Durable when it returns. */
  begin(actId: string, begun: Begun): boolean {
    const temporary = this.#write(actId, begun);
    try {
      linkSync(temporary, this.#path(actId, 'started'));
      return true;
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      throw error;
    } finally {
      rmSync(temporary);
      this.#syncFolder();
    }
  }

  begun(actId: string): Begun | typeof UNREADABLE | undefined {
    return this.#read(actId, 'started', begunSchema);
  }

  /** Records how an act ended. Durable when it returns. */
  finish(actId: string, outcome: ActOutcome): void {
    renameSync(this.#write(actId, outcome), this.#path(actId, 'result'));
    this.#syncFolder();
  }

  outcome(actId: string): ActOutcome | typeof UNREADABLE | undefined {
    return this.#read(actId, 'result', actOutcomeSchema);
  }

  remove(actId: string): void {
    rmSync(this.#path(actId, 'result'), { force: true });
    rmSync(this.#path(actId, 'started'), { force: true });
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

  #path(actId: string, kind: string): string {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(actId)) {
      throw new AppError('an act id has characters that a file name should not have', {
        code: 'invalid_act_id',
        retry: 'never',
      });
    }
    return path.join(this.#folder, `${actId}.${kind}`);
  }

  #write(actId: string, content: unknown): string {
    const temporary = this.#path(actId, `${process.pid}.tmp`);
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(content));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return temporary;
  }

  #read<T>(actId: string, kind: string, schema: z.ZodType<T>): T | typeof UNREADABLE | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path(actId, kind), 'utf8');
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

  #syncFolder(): void {
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}

const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
