import type { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { isBusy } from '../apple-db/apple-db.ts';
import { DatabaseWatch, type News } from '../apple-db/watch.ts';
import { CallTail } from './call-tail.ts';
import { type CallsFile, historyError, openCallsFile } from './calls-file.ts';
import type { CallBatch, CallsDb, CallsMemory, CallsMemoryPatch } from './types.ts';

/** Longest time that a call may wait of which no event of the file system tells: one that is over is not urgent. */
const SLOWEST_MS = 3_000;
/** How often the file itself is compared with the one that is open. */
const FILE_MS = 3_000;
/** Pause after the history could not be opened or read. */
const RETRY_MS = 3_000;
/** Pause while another process holds a lock. */
const BUSY_MS = 100;

export interface CallsDbOptions {
  /** CallHistory.storedata itself; it need not be there yet. */
  databasePath: string;
  /** What the keeper saved last; empty on the very first start. */
  memory: CallsMemory;
  clock: Clock;
  logger: Logger;
}

/** Opens the call history for reading, now or as soon as it can be. Never throws because of its state. */
export function openCallsDb(options: CallsDbOptions): CallsDb {
  return new FileCallsDb(options);
}

class FileCallsDb implements CallsDb {
  readonly #options: CallsDbOptions;
  readonly #memory: { cursor: string | null; entries: Map<string, string> };
  readonly #watch: DatabaseWatch;
  #file: CallsFile | undefined;
  /** The file that is watched: another one may lie at the path now. */
  #watched: CallsFile | undefined;
  #fileCheckedAt = -Infinity;
  #seenVersion = -1;
  #trouble: string | undefined;
  #closed = false;

  constructor(options: CallsDbOptions) {
    this.#options = options;
    this.#memory = { cursor: options.memory.cursor, entries: new Map(options.memory.entries) };
    const { databasePath, clock, logger } = options;
    this.#watch = new DatabaseWatch({
      databasePath,
      clock,
      slowestMs: SLOWEST_MS,
      onTrouble: (error) =>
        logger.warn({ code: historyError(error).code }, 'cannot watch the call history; polling goes on'),
    });
  }

  async *changes(signal: AbortSignal): AsyncGenerator<CallBatch, void, undefined> {
    const { clock } = this.#options;
    const tail = new CallTail(this.#memory);
    this.#seenVersion = -1;
    try {
      while (!signal.aborted && !this.#closed) {
        const batch = this.#next(tail);
        if (batch === 'busy' || batch === 'unreadable') {
          await clock.sleep(batch === 'busy' ? BUSY_MS : RETRY_MS, signal);
        } else if (batch) {
          yield batch;
          this.#take(batch.memory);
        } else if (!tail.more) {
          await this.#wait(signal);
        }
      }
    } finally {
      await this.#watch.renew();
    }
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  #next(tail: CallTail): CallBatch | 'busy' | 'unreadable' | null {
    const { clock, databasePath, logger } = this.#options;
    try {
      this.#file ??= openCallsFile(databasePath);
      const version = this.#file.dataVersion();
      if (version === this.#seenVersion && !tail.more) return null;
      const batch = tail.next(this.#file, clock.now());
      this.#seenVersion = version;
      if (this.#trouble) logger.info('the call history is readable');
      this.#trouble = undefined;
      return batch;
    } catch (error) {
      if (isBusy(error)) return 'busy';
      this.#disconnect();
      const trouble = historyError(error);
      this.#troubled(trouble);
      const start = trouble.code === 'call_history_missing' && tail.beginBeforeFile(clock.now());
      return start || 'unreadable';
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#watched !== this.#file) await this.#watch.renew();
    this.#watched = this.#file;
    const never = { due: () => Infinity, eager: () => false };
    await this.#watch.wait({ news: () => this.#news(), ...never, signal });
  }

  /** Whether looking again can find anything: a commit, another file, or trouble. */
  #news(): News {
    const file = this.#file;
    if (this.#closed || !file) return 'other';
    try {
      if (file.dataVersion() !== this.#seenVersion) return 'commit';
      const now = this.#options.clock.now();
      if (Math.abs(now - this.#fileCheckedAt) < FILE_MS) return undefined;
      this.#fileCheckedAt = now;
      if (file.isCurrent()) return undefined;
      this.#disconnect();
      return 'other';
    } catch (error) {
      if (isBusy(error)) return undefined;
      this.#disconnect();
      this.#troubled(historyError(error));
      return 'other';
    }
  }

  #disconnect(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#seenVersion = -1;
  }

  #take({ cursor, remember, forget }: CallsMemoryPatch): void {
    this.#memory.cursor = cursor;
    for (const key of forget) this.#memory.entries.delete(key);
    for (const [key, value] of remember) this.#memory.entries.set(key, value);
  }

  #troubled(error: AppError): void {
    if (this.#trouble === error.code) return;
    this.#trouble = error.code;
    const line = { code: error.code, hint: error.hint, ...error.details };
    if (error.code === 'call_history_missing')
      this.#options.logger.info(line, 'waiting for the call history');
    else this.#options.logger.warn(line, 'the call history cannot be read; trying again');
  }
}
