import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { openRegularFile } from '../../bridge/runtime/regular-file.ts';
import type { VoiceNotes } from './voice-notes.ts';

/** Messages sends nothing larger, in bytes. */
const MAX_FILE_BYTES = 100 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 200;
/** What a file system takes for one name, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;
const CHUNK_BYTES = 1024 * 1024;
/** Codes of the system for a disk, or the share of it that one may use, without room. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * Folders under Messages' own sandbox, relative to the home folder. From elsewhere a send is taken without an error and
 * its file fails later with error 25.
 */
const STAGED = ['Library', 'Messages', 'Attachments', 'bluerelay'];

/** A file to be sent. */
export interface FileToStage {
  /** Where its bytes are now; a regular file, no link. */
  source: string;
  /** Name that the other side sees. */
  name: string;
  /**
   * Whether it must be a Core Audio file, as recorded voice notes are: it then goes as `Audio Message.caf`, and another
   * sound is made into one where the Mac can. Scripting cannot set the mark that makes Messages show it as a voice note, so that it arrives as an audio file.
   */
  voiceNote?: boolean;
}

/** Files under the folder of Messages while they are being sent, each in a folder of its act. */
export class Staging {
  readonly #folder: string;
  readonly #voiceNotes: VoiceNotes | undefined;

  /** @param macHome Home folder of the user whose Messages sends. */
  constructor(macHome: string, voiceNotes?: VoiceNotes) {
    this.#folder = path.join(macHome, ...STAGED);
    this.#voiceNotes = voiceNotes;
  }

  /**
   * Copies a file to where Messages may read it, and returns its path there. The bytes are written anew, so that marks
   * on the file, such as that of quarantine, are left behind. Throws AppError `file_not_sendable`; `disk_full` and what
   * the file system throws are worth another try.
   */
  async stage(actId: string, file: FileToStage): Promise<string> {
    const { source, name, voiceNote } = file;
    if (!voiceNote || !this.#voiceNotes || (await isCoreAudio(source))) return this.#copy(actId, file);
    const use = (made: string) => this.#copy(actId, { ...file, source: made });
    const result = await this.#voiceNotes.make(source, name, use);
    if ('why' in result) throw notSendable(result.why);
    return result.made;
  }

  async #copy(actId: string, { source, name, voiceNote }: FileToStage): Promise<string> {
    const folder = this.#of(actId);
    const target = path.join(folder, voiceNote ? 'Audio Message.caf' : sendableName(name));
    const input = await openSource(source);
    try {
      const { size } = await input.stat();
      if (size === 0 || size > MAX_FILE_BYTES) throw notSendable('the file is empty or larger than 100 MB');
      if (voiceNote && !(await beginsWith(input, 'caff')))
        throw notSendable('a voice note has to be a Core Audio file');
      rmSync(folder, { recursive: true, force: true });
      makeFolder(folder);
      await copyBytes(input, target);
    } catch (error) {
      this.discard(actId);
      throw FULL.includes(errorCode(error)) ? diskFull(error) : error;
    } finally {
      await input.close();
    }
    return target;
  }

  /** Removes what an act staged: once its row proves that Messages has its own copy, or that it failed for good. */
  discard(actId: string): void {
    rmSync(this.#of(actId), { recursive: true, force: true });
  }

  /**
   * Removes what was staged before a time, in milliseconds since the Unix epoch, except for acts that `isOpen` says are
   * not confirmed yet. Returns how many acts' files went.
   */
  sweep(before: number, isOpen: (actId: string) => boolean): number {
    const acts = actFolders(this.#folder).filter((actId) => {
      const stat = lstatSync(path.join(this.#folder, actId), { throwIfNoEntry: false });
      return stat !== undefined && stat.mtimeMs < before && !isOpen(actId);
    });
    for (const actId of acts) this.discard(actId);
    return acts.length;
  }

  #of(actId: string): string {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(actId))
      throw new AppError('an act id has characters that a folder name should not have', {
        code: 'invalid_act_id',
        retry: 'never',
      });
    return path.join(this.#folder, actId);
  }
}

/** Whether a path lies where files are staged. */
export const isStaged = (file: string): boolean =>
  path.isAbsolute(file) && path.normalize(file) === file && file.includes(`/${STAGED.join('/')}/`);

/** A name without folders, control and direction marks or a leading dot, no longer than may be; its ending is kept. */
export function sendableName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069/\\:]/gu, '_')
    .replace(/^[\s.]+/, '')
    .trimEnd();
  if (plain === '') return 'file';
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(plain)?.[0] ?? '';
  let stem = Array.from(ending ? plain.slice(0, -ending.length) : plain);
  stem = stem.slice(0, MAX_NAME_CHARACTERS - ending.length);
  while (Buffer.byteLength(stem.join('')) > MAX_NAME_BYTES - ending.length) stem.pop();
  return `${stem.join('')}${ending}`.trimEnd();
}

async function openSource(source: string): Promise<FileHandle> {
  try {
    return await openRegularFile(source);
  } catch (error) {
    throw notSendable('it is not a regular file that can be opened', error);
  }
}

async function isCoreAudio(source: string): Promise<boolean> {
  const input = await openSource(source);
  try {
    return await beginsWith(input, 'caff');
  } finally {
    await input.close();
  }
}

async function beginsWith(input: FileHandle, magic: string): Promise<boolean> {
  const start = Buffer.alloc(magic.length);
  await input.read(start, 0, start.length, 0);
  return start.toString('latin1') === magic;
}

/** Copies until the end, and never more than may be sent, however the source grows meanwhile. */
async function copyBytes(input: FileHandle, target: string): Promise<void> {
  const output = await open(target, 'wx', 0o600);
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0; ; ) {
      const { bytesRead } = await input.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      if (at > MAX_FILE_BYTES) throw notSendable('the file is larger than 100 MB');
      await output.writeFile(buffer.subarray(0, bytesRead));
    }
    await output.sync();
  } finally {
    await output.close();
  }
  chmodSync(target, 0o600);
}

function actFolders(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

const notSendable = (message: string, cause?: unknown): AppError =>
  new AppError(message, {
    code: 'file_not_sendable',
    retry: 'never',
    hint: messageErrors.file_not_sendable.hint,
    details: cause === undefined ? {} : { reason: errorCode(cause) },
    cause,
  });

const diskFull = (cause: unknown): AppError =>
  new AppError('there is no room for the file where Messages may read it', {
    code: 'disk_full',
    retry: 'later',
    hint: 'Free some space on the Mac; the file is sent then.',
    cause,
  });
