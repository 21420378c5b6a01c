import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { runTool } from './rendition-tool.ts';
import type { OsascriptTarget } from './types.ts';

/** How long the tool may take for one file, and the most that it may write: an hour of sound, in bytes. */
const LIMIT_MS = 60_000;
const MAX_BYTES = 100 * 1024 * 1024;
/** What Core Audio reads, by the ending of its name. */
const READABLE: ReadonlySet<string> = new Set(['mp3', 'm4a', 'aac', 'wav', 'aif', 'aiff', 'aifc']);
/** Uncompressed sound of one channel in a Core Audio file, as BlueBubbles makes it of others. */
const ARGS = ['-f', 'caff', '-d', 'LEI16@44100', '-c', '1'];

export interface VoiceNotesOptions {
  /** Folder for files while they are made (0700), of this process alone; emptied before the first. */
  folder: string;
  target: OsascriptTarget;
  /** Path of the tool; that of macOS unless told. */
  tool?: string;
  limitMs?: number;
  clock: Clock;
}

/** Makes Core Audio files of other sounds, by the program that comes with macOS. */
export class VoiceNotes {
  readonly #options: VoiceNotesOptions;
  readonly #stopping = new AbortController();
  #begun = false;

  constructor(options: VoiceNotesOptions) {
    this.#options = options;
  }

  /**
   * Gives a Core Audio file of a sound to `use`; the file is gone afterwards, and the sound is left alone. Returns why
   * there is none, where none can be made. Throws AppError `act_interrupted` when the agent stops, and what the file system
   * and `use` throw.
   */
  async make<T>(
    source: string,
    name: string,
    use: (file: string) => Promise<T>,
  ): Promise<{ made: T } | { why: string }> {
    const ending = path.extname(name).slice(1).toLowerCase();
    if (!READABLE.has(ending)) return { why: `a voice note cannot be made of a file .${ending}` };
    const { target, tool = '/usr/bin/afconvert', limitMs = LIMIT_MS, clock } = this.#options;
    if (target.kind === 'system' && !existsSync(tool)) return { why: `${tool} is not on this machine` };
    const folder = mkdtempSync(path.join(this.#folder(), 'v-'));
    try {
      const from = path.join(folder, `in.${ending}`);
      const to = path.join(folder, 'out.caf');
      await copyFile(source, from);
      const { signal } = this.#stopping;
      const args = [...ARGS, from, to];
      const ended = await runTool({
        target,
        program: tool,
        args,
        limitMs,
        maxBytes: MAX_BYTES,
        clock,
        signal,
      });
      if (ended === 'stopped')
        throw new AppError('the agent stopped', {
          code: 'act_interrupted',
          ...messageErrors.act_interrupted,
        });
      return ended === 'made' ? { made: await use(to) } : { why: WHY[ended] };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Ends what is being made. */
  stop(): void {
    this.#stopping.abort();
  }

  #folder(): string {
    const { folder } = this.#options;
    if (!this.#begun) rmSync(folder, { recursive: true, force: true });
    this.#begun = true;
    makeFolder(folder);
    return folder;
  }
}

const WHY = {
  failed: 'afconvert could make no voice note of it',
  late: 'afconvert took too long',
} as const;
