import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { errorCode } from '../../bridge/runtime/app-error.ts';

/** Texts that are remembered, how much of each, and for how long, in milliseconds. */
const MOST = 8;
const START = 60;
const KEPT_MS = 24 * 3_600_000;

/** Most bytes that they take in the input of a program. */
export const MAX_DRAFTS_BYTES = 4096;

const draftsSchema = z.array(
  z.strictObject({
    actId: z.string().max(80),
    length: z.int().min(0),
    start: z.string().max(START),
    /** When the act began, in milliseconds since the Unix epoch. */
    at: z.number(),
  }),
);

type Draft = z.infer<typeof draftsSchema>[number];

/**
 * Texts that acts which did not end well may have left in a field of Messages, and handles in the prompt of a call. The
 * next act on the screen may take away these and no others, for those are a person's. Each is noted in a file (0600) before its act begins, so that an agent
 * that starts after a crash knows them too; the beginning of a text stands there until its act has ended well.
 */
export class LeftDrafts {
  readonly #file: string;
  #drafts: readonly Draft[];

  /** @param folder of the files by which acts outlive the agent. */
  constructor(folder: string, now: number) {
    this.#file = path.join(folder, 'left-drafts.json');
    this.#drafts = read(this.#file).filter(({ at }) => at > now - KEPT_MS);
  }

  /** An act is about to write a text. Durable when it returns; throws what the file system throws. */
  add(actId: string, text: string, at: number): void {
    const draft = { actId, length: text.length, start: text.slice(0, START), at };
    this.#save([draft, ...this.#drafts].slice(0, MOST));
  }

  /** An act has ended well, or never began: it left nothing. */
  clear(actId: string): void {
    const left = this.#drafts.filter((draft) => draft.actId !== actId);
    if (left.length < this.#drafts.length) this.#save(left);
  }

  list(): readonly { length: number; start: string }[] {
    return this.#drafts.map(({ length, start }) => ({ length, start }));
  }

  #save(drafts: readonly Draft[]): void {
    const temporary = `${this.#file}.${process.pid}.tmp`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(drafts));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#file);
    this.#drafts = drafts;
  }
}

/** What an earlier agent noted; nothing where there is no file, or none that can be read. */
function read(file: string): Draft[] {
  try {
    return draftsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError)
      return [];
    throw error;
  }
}
