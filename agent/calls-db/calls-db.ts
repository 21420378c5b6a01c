import type { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { CallTail } from './call-tail.ts';
import { type CallsFile, historyError, isBusy, openCallsFile } from './calls-file.ts';
import type { CallBatch, CallsDb, CallsMemory, CallsMemoryPatch } from './types.ts';

/** How often the history is looked at: a call that is over is not urgent, and few come. */
const POLL_MS = 300;
/** How often the file itself is compared with the one that is open. */
const FILE_MS = 1_000;

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
  return new PolledCallsDb(options);
}

class PolledCallsDb implements CallsDb {
  readonly #options: CallsDbOptions;
  readonly #memory: { cursor: string | null; entries: Map<string, string> };
  #file: CallsFile | undefined;
  #fileCheckedAt = -Infinity;
  #seenVersion = -1;
  #trouble: string | undefined;
  #closed = false;

  constructor(options: CallsDbOptions) {
    this.#options = options;
    this.#memory = { cursor: options.memory.cursor, entries: new Map(options.memory.entries) };
  }

  async *changes(signal: AbortSignal): AsyncGenerator<CallBatch, void, undefined> {
    const { clock } = this.#options;
    const tail = new CallTail(this.#memory);
    this.#seenVersion = -1;
    while (!signal.aborted && !this.#closed) {
      const batch = this.#next(tail);
      if (batch) {
        yield batch;
        this.#take(batch.memory);
      }
      if (!tail.more) await clock.sleep(POLL_MS, signal);
    }
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  #next(tail: CallTail): CallBatch | null {
    const { clock, databasePath, logger } = this.#options;
    try {
      if (this.#replaced()) this.#disconnect();
      this.#file ??= openCallsFile(databasePath);
      const version = this.#file.dataVersion();
      if (version === this.#seenVersion && !tail.more) return null;
      const batch = tail.next(this.#file, clock.now());
      this.#seenVersion = version;
      if (this.#trouble) logger.info('the call history is readable');
      this.#trouble = undefined;
      return batch;
    } catch (error) {
      if (isBusy(error)) return null;
      this.#disconnect();
      const trouble = historyError(error);
      this.#troubled(trouble);
      return trouble.code === 'call_history_missing' ? tail.beginBeforeFile(clock.now()) : null;
    }
  }

  #replaced(): boolean {
    const now = this.#options.clock.now();
    if (!this.#file || now - this.#fileCheckedAt < FILE_MS) return false;
    this.#fileCheckedAt = now;
    return !this.#file.isCurrent();
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
