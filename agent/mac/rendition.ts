import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { MAX_MEDIA_BYTES } from '../../bridge/protocol/media.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { openRegularFile } from '../../bridge/runtime/regular-file.ts';
import { runTool } from './rendition-tool.ts';
import type { OsascriptTarget } from './types.ts';

/** How long a tool may take for one file, in milliseconds. */
const LIMIT_MS = 60_000;
/** Longest name before its ending, in UTF-16 units. */
const MAX_STEM = 200;

/** A program of macOS that makes one form of a file out of another. */
type ToolName = 'sips' | 'afconvert';

interface Form {
  tool: ToolName;
  /** Ending of what it reads, which tells the tool what it is. */
  from: string;
  /** Ending and media type of what it makes. */
  to: string;
  mimeType: string;
  args(from: string, to: string): string[];
}

/** A photo of an iPhone. */
const HEIC: Form = {
  tool: 'sips',
  from: 'heic',
  to: 'jpg',
  mimeType: 'image/jpeg',
  args: (from, to) => ['-s', 'format', 'jpeg', from, '--out', to],
};
/** A voice note: Opus in a Core Audio file. */
const CAF: Form = {
  tool: 'afconvert',
  from: 'caf',
  to: 'm4a',
  mimeType: 'audio/mp4',
  args: (from, to) => ['-f', 'm4af', '-d', 'aac', from, to],
};

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['public.heic', HEIC],
  ['public.heif', HEIC],
  ['image/heic', HEIC],
  ['image/heif', HEIC],
  ['.heic', HEIC],
  ['.heif', HEIC],
  ['com.apple.coreaudio-format', CAF],
  ['audio/x-caf', CAF],
  ['.caf', CAF],
]);

/** What is known of a file; any of it may say what it is. */
interface SourceFile {
  name: string;
  mime: string | null;
  uti: string | null;
}

export interface RenditionsOptions {
  /** Folder for files while they are made (0700), of this process alone; emptied before the first. */
  folder: string;
  target: OsascriptTarget;
  /** Paths of the programs; those of macOS unless told. */
  tools?: Readonly<Record<ToolName, string>>;
  /** How long a program may take, and how much it may write, unless the bounds here. */
  limitMs?: number;
  maxBytes?: number;
  clock: Clock;
  logger: Logger;
}

const MACOS_TOOLS = { sips: '/usr/bin/sips', afconvert: '/usr/bin/afconvert' } as const;

/** Forms of received files that can be read everywhere, made by the programs that come with macOS. */
export class Renditions {
  readonly #options: RenditionsOptions;
  readonly #missing = new Set<ToolName>();
  #begun = false;

  constructor(options: RenditionsOptions) {
    this.#options = options;
  }

  /** What this Mac makes of a file: its name and media type; null for nothing. A program that is not there is logged once. */
  offer(file: SourceFile): { name: string; mimeType: string } | null {
    const form = formOf(file);
    if (!form || !this.#has(form.tool)) return null;
    const stem = file.name.replace(/\.[^.]{1,10}$/, '').slice(0, MAX_STEM);
    return { name: `${stem}.${form.to}`, mimeType: form.mimeType };
  }

  /**
   * Makes the rendition of a file, which is read once and left alone. Throws AppError `rendition_failed` where the file
   * cannot be read or made anything of, and `media_unavailable` when there was no time.
   */
  async make(source: SourceFile & { path: string }, signal: AbortSignal): Promise<MadeFile> {
    const form = formOf(source);
    if (!form || !this.#has(form.tool)) throw failed('there is nothing that makes one');
    const folder = mkdtempSync(path.join(this.#folder(), 'r-'));
    const discard = (): void => rmSync(folder, { recursive: true, force: true });
    try {
      const from = path.join(folder, `in.${form.from}`);
      const to = path.join(folder, `out.${form.to}`);
      await copy(source.path, from, signal);
      await this.#run(form, form.args(from, to), signal);
      await this.#check(to);
      return { path: to, discard };
    } catch (error) {
      discard();
      throw error;
    }
  }

  /** Without what an agent that was killed left there. */
  #folder(): string {
    const { folder } = this.#options;
    if (!this.#begun) rmSync(folder, { recursive: true, force: true });
    this.#begun = true;
    makeFolder(folder);
    return folder;
  }

  async #run({ tool }: Form, args: string[], signal: AbortSignal): Promise<void> {
    const { target, clock, limitMs = LIMIT_MS, maxBytes = MAX_MEDIA_BYTES } = this.#options;
    const program = this.#pathOf(tool);
    const ended = await runTool({ target, program, args, limitMs, maxBytes, clock, signal });
    if (ended === 'stopped') throw unavailable('it was stopped');
    if (ended === 'late') throw failed(`${tool} took too long`);
    if (ended === 'failed') throw failed(`${tool} could make nothing of it`);
  }

  async #check(file: string): Promise<void> {
    const { maxBytes = MAX_MEDIA_BYTES } = this.#options;
    const handle = await openRegularFile(file).catch((error: unknown) => {
      throw failed('nothing was made', error);
    });
    const { size } = await handle.stat().finally(() => handle.close());
    if (size === 0 || size > maxBytes) throw failed('what was made is empty or too large');
  }

  #pathOf(tool: ToolName): string {
    return (this.#options.tools ?? MACOS_TOOLS)[tool];
  }

  #has(tool: ToolName): boolean {
    if (this.#options.target.kind === 'virtual' || existsSync(this.#pathOf(tool))) return true;
    if (!this.#missing.has(tool))
      this.#options.logger.warn({ tool: this.#pathOf(tool) }, 'files are told without renditions');
    this.#missing.add(tool);
    return false;
  }
}

/** A file that was made; whoever has read it discards it. */
export interface MadeFile {
  path: string;
  discard(): void;
}

function formOf({ uti, mime, name }: SourceFile): Form | undefined {
  const said = [uti, mime, path.extname(name)].map((word) => word?.toLowerCase() ?? '');
  return said.map((word) => FORMS.get(word)).find((form) => form !== undefined);
}

/** Copies a file as it is now, so that the program has one that nobody changes and whose name is ours. */
async function copy(source: string, target: string, signal: AbortSignal): Promise<void> {
  try {
    const input = await openRegularFile(source);
    try {
      if ((await input.stat()).size > MAX_MEDIA_BYTES) throw failed('the file is too large');
      const output = await open(target, 'wx', 0o600);
      const bytes = input.createReadStream({ autoClose: false, end: MAX_MEDIA_BYTES });
      await pipeline(bytes, output.createWriteStream(), { signal });
    } finally {
      await input.close();
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'rendition_failed') throw error;
    throw signal.aborted ? unavailable('it was stopped', error) : failed('the file cannot be read', error);
  }
}

const failed = (why: string, cause?: unknown): AppError =>
  new AppError(`No rendition was made: ${why}`, {
    code: 'rendition_failed',
    ...messageErrors.rendition_failed,
    details: cause === undefined ? {} : { reason: errorCode(cause) },
    cause,
  });

const unavailable = (why: string, cause?: unknown): AppError =>
  new AppError(`No rendition was made: ${why}`, {
    code: 'media_unavailable',
    ...messageErrors.media_unavailable,
    cause,
  });
