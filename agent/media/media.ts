import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command, SendMessageCommand } from '../../bridge/protocol/commands.ts';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { AppError, describeError } from '../../bridge/runtime/app-error.ts';
import { Backoff } from '../../bridge/runtime/backoff.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
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

  /** Fetches the files of a command that are not here, until they are, are refused, or the time is `until`. */
  fetch(command: SendMessageCommand, until: number, onChange: () => void): void {
    (command.files ?? []).forEach((file, index) => {
      if (this.#fetches.size >= MAX_FETCHES || this.#fetches.has(file.mediaId)) return;
      if (this.#refused.has(file.mediaId) || this.ready(command, index) !== undefined) return;
      const fetching = this.#fetch(command, file, until).finally(() => {
        this.#fetches.delete(file.mediaId);
        if (!this.#stopping.signal.aborted) onChange();
      });
      this.#fetches.set(file.mediaId, fetching);
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

  /** Removes files that came before a time, in milliseconds since the Unix epoch: those still needed are fetched anew. */
  sweep(before: number): void {
    for (const name of readdirSync(this.#options.folder)) {
      const file = path.join(this.#options.folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat && stat.mtimeMs < before && !this.#fetches.has(name.split('.')[0] ?? ''))
        rmSync(file, { force: true });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#fetches.values());
  }

  async #fetch(command: SendMessageCommand, file: SentFile, until: number): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff({ ...BACKOFF, clock });
    const { mediaId } = file;
    while (!signal.aborted && clock.now() < until) {
      try {
        await this.#transfer.download(this.#pathOf(file), file, { mediaId, commandId: command.id, signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ commandId: command.id, error: describeError(error) }, 'a file to send is not here yet');
        if (error instanceof AppError && error.retry === 'never') {
          this.#refused.set(mediaId, error);
          return;
        }
        await clock.sleep(backoff.failed(), signal);
      }
    }
  }

  #pathOf({ mediaId, sha256 }: SentFile): string {
    if (!MEDIA_ID.test(mediaId) || !/^[0-9a-f]{64}$/.test(sha256))
      throw of('file_not_sendable', 'the file is not named as files are');
    return path.join(this.#options.folder, `${mediaId}.${sha256}`);
  }
}

const of = (code: 'message_unknown' | 'media_unavailable' | 'file_not_sendable', message: string): AppError =>
  new AppError(message, { code, ...messageErrors[code] });
