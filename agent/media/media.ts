import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command, SendMessageCommand } from '../../bridge/protocol/commands.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, describeError } from '../../bridge/runtime/app-error.ts';
import { Backoff } from '../../bridge/runtime/backoff.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { type MediaIdentity, MediaTransfer } from './transfer.ts';

/** Files that are fetched at once. */
const MAX_FETCHES = 2;
const BACKOFF = { baseMs: 1_000, capMs: 60_000, graceMs: 0 } as const;
const MEDIA_ID = /^[A-Za-z0-9_-]{1,64}$/;

type SentFile = NonNullable<SendMessageCommand['files']>[number];

interface ReceivedFile {
  name: string;
  mime: string | null;
  uti: string | null;
  state: 'complete' | 'pending' | 'failed';
  path: string | null;
}

export interface MediaOptions {
  /** Folder for files on their way (0700); made when missing. */
  folder: string;
  identity: MediaIdentity;
  /** A file of a received message: where it is, once it is whole; null where there is no such file. */
  attachment(guid: string): ReceivedFile | null;
  /** Makes another form of a received file, to be discarded after use. Throws an AppError when that cannot be. */
  render(
    file: ReceivedFile & { path: string },
    signal: AbortSignal,
  ): Promise<{ path: string; discard(): void }>;
  clock: Clock;
  logger: Logger;
}

/** Bytes of files between this Mac and the bridge. */
export class Media {
  readonly #options: MediaOptions;
  readonly #transfer: MediaTransfer;
  readonly #stopping = new AbortController();
  readonly #fetches = new Map<string, Promise<void>>();
  /** Pauses of files whose transfer failed: who waits to try again takes nobody's place. */
  readonly #backoffs = new Map<string, Backoff>();
  readonly #resting = new Map<string, Cancel>();
  /** Why files will not come. */
  readonly #refused = new Map<string, AppError>();

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#transfer = new MediaTransfer(options.identity, options.clock);
    makeFolder(options.folder);
  }

  /** Path of a file of a command, once it is here whole. Throws the AppError with which the bridge refused it. */
  ready({ files = [] }: SendMessageCommand, index: number): string | undefined {
    const file = files[index];
    if (!file) return undefined;
    const refused = this.#refused.get(file.mediaId);
    if (refused) throw refused;
    const local = this.#pathOf(file);
    return statSync(local, { throwIfNoEntry: false })?.size === file.bytes ? local : undefined;
  }

  /**
   * Fetches the files of a command that are not here, a few at a time. `onChange` is called when there is room for more,
   * or something may be tried again: to ask {@link ready}, and for what is still missing, anew.
   */
  fetch(command: SendMessageCommand, onChange: () => void): void {
    (command.files ?? []).forEach((file, index) => {
      const { mediaId } = file;
      if (this.#fetches.size >= MAX_FETCHES || this.#fetches.has(mediaId)) return;
      if (this.#stopping.signal.aborted || this.#resting.has(mediaId) || this.#refused.has(mediaId)) return;
      if (this.ready(command, index) !== undefined) return;
      const fetching = this.#fetch(command, file, onChange).finally(() => {
        this.#fetches.delete(mediaId);
        if (!this.#stopping.signal.aborted) onChange();
      });
      this.#fetches.set(mediaId, fetching);
    });
  }

  /**
   * Brings a received file, or what this Mac makes of it, to the bridge. Throws AppError `media_unavailable`,
   * `message_unknown`, `rendition_failed` or the bridge's own.
   */
  async upload(order: Extract<Command, { type: 'media.upload' }>, signal: AbortSignal): Promise<void> {
    const found = this.#options.attachment(order.attachmentGuid);
    if (!found || found.state === 'failed') throw of('message_unknown', 'Messages has no such file');
    if (found.path === null) throw of('media_unavailable', 'Messages has not got the whole file yet');
    const { mediaId, id: commandId } = order;
    const transfer = { mediaId, commandId, signal };
    if (!order.rendition) {
      await this.#transfer.upload(found.path, transfer);
      return;
    }
    const made = await this.#options.render({ ...found, path: found.path }, signal);
    try {
      await this.#transfer.upload(made.path, transfer);
    } finally {
      made.discard();
    }
  }

  /**
   * Removes files that came before a time, in milliseconds since the Unix epoch: those still needed are fetched anew. How
   * often transfers failed is forgotten too.
   */
  sweep(before: number): void {
    this.#backoffs.clear();
    for (const name of readdirSync(this.#options.folder)) {
      const file = path.join(this.#options.folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat && stat.mtimeMs < before && !this.#fetches.has(name.split('.')[0] ?? ''))
        rmSync(file, { force: true });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const cancel of this.#resting.values()) cancel();
    await Promise.all(this.#fetches.values());
  }

  async #fetch(command: SendMessageCommand, file: SentFile, onChange: () => void): Promise<void> {
    const { signal } = this.#stopping;
    const { mediaId } = file;
    try {
      await this.#transfer.download(this.#pathOf(file), file, { mediaId, commandId: command.id, signal });
      this.#backoffs.delete(mediaId);
    } catch (error) {
      if (signal.aborted) return;
      const { logger } = this.#options;
      logger.warn({ commandId: command.id, error: describeError(error) }, 'a file to send is not here yet');
      if (error instanceof AppError && error.retry === 'never') this.#refused.set(mediaId, error);
      else this.#rest(mediaId, onChange);
    }
  }

  #rest(mediaId: string, onChange: () => void): void {
    const { clock } = this.#options;
    const backoff = this.#backoffs.get(mediaId) ?? new Backoff({ ...BACKOFF, clock });
    this.#backoffs.set(mediaId, backoff);
    const wake = (): void => {
      this.#resting.delete(mediaId);
      onChange();
    };
    this.#resting.set(mediaId, clock.after(backoff.failed(), wake));
  }

  #pathOf({ mediaId, sha256 }: SentFile): string {
    if (!MEDIA_ID.test(mediaId) || !/^[0-9a-f]{64}$/.test(sha256))
      throw of('file_not_sendable', 'the file is not named as files are');
    return path.join(this.#options.folder, `${mediaId}.${sha256}`);
  }
}

const of = (code: 'message_unknown' | 'media_unavailable' | 'file_not_sendable', message: string): AppError =>
  new AppError(message, { code, ...messageErrors[code] });
