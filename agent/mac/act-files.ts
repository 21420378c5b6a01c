import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import type { ActOutcome } from './types.ts';

/** Who began an act, and until when it may run; times in milliseconds since the Unix epoch. */
export interface Begun {
  /** `agent` when the act was barred: it never began and never will. */
  by: 'worker' | 'agent';
  pid: number;
  startedAt: number;
  deadlineAt: number;
}

/**
 * The files by which an act outlives the agent, in one folder (0700, files 0600), as a worker writes them.
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
      linkSync(temporary, this.pathOf(actId, 'started'));
      return true;
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      throw error;
    } finally {
      rmSync(temporary);
      this.#syncFolder();
    }
  }

  /** Records how an act ended. Durable when it returns. */
  finish(actId: string, outcome: ActOutcome): void {
    renameSync(this.#write(actId, outcome), this.pathOf(actId, 'result'));
    this.#syncFolder();
  }

  /** Throws AppError `invalid_act_id`. */
  protected pathOf(actId: string, kind: string): string {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(actId)) {
      throw new AppError('an act id has characters that a file name should not have', {
        code: 'invalid_act_id',
        retry: 'never',
      });
    }
    return path.join(this.#folder, `${actId}.${kind}`);
  }

  #write(actId: string, content: unknown): string {
    const temporary = this.pathOf(actId, `${process.pid}.tmp`);
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(content));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return temporary;
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

export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
