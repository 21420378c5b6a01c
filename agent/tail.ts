import { describeError } from '../bridge/runtime/app-error.ts';
import type { Clock } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';

const RETRY_MS = 1_000;

export interface TailOptions<Batch> {
  /** What is followed. A batch counts as taken when the next one is asked for. */
  source: { changes(signal: AbortSignal): AsyncIterable<Batch> };
  /** Makes a batch durable; throws when it cannot. */
  take(batch: Batch): void;
  clock: Clock;
  logger: Logger;
}

/** Brings every change of a database of the Mac into the journal, in order. */
export class Tail<Batch> {
  readonly #options: TailOptions<Batch>;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: TailOptions<Batch>) {
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
    const { source, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of source.changes(signal)) await this.#take(batch);
      } catch (error) {
        logger.error({ error: describeError(error) }, 'the tail broke off');
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }

  /** A batch counts as taken when the next one is asked for, so it is tried until the journal has it. */
  async #take(batch: Batch): Promise<void> {
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
