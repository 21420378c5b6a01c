import { describeError } from '../bridge/runtime/app-error.ts';
import type { Clock } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import type { ChangeBatch, MessagesDb } from './messages-db/types.ts';

const RETRY_MS = 1_000;

export interface TailOptions {
  messagesDb: MessagesDb;
  /** Makes a batch durable; throws when it cannot. */
  take(batch: ChangeBatch): void;
  clock: Clock;
  logger: Logger;
}

/** Brings every change of chat.db into the journal, in order. */
export class Tail {
  readonly #options: TailOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: TailOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { messagesDb, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of messagesDb.changes(signal)) await this.#take(batch);
      } catch (error) {
        logger.error({ error: describeError(error) }, 'the tail of chat.db broke off');
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }

  /** A batch counts as taken when the next one is asked for, so it is tried until the journal has it. */
  async #take(batch: ChangeBatch): Promise<void> {
    const { take, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        take(batch);
        return;
      } catch (error) {
        logger.error({ error: describeError(error) }, 'changes could not be journaled');
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }
}
