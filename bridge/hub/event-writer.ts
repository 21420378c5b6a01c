import type { AgentEvent } from '../protocol/events.ts';

export interface EventWriterOptions {
  /** Stores events in order, the first with number `seq`; returns how many the store took before it refused one. */
  record(seq: number, events: readonly AgentEvent[]): Promise<number>;
  onStored(seq: number, idle: boolean): void;
  onRefused(): void;
  onFailed(error: unknown): void;
}

/** Events that are stored together: what else has to be stored waits for them. */
const AT_ONCE = 32;

interface Waiting {
  seq: number;
  event: AgentEvent;
  bytes: number;
}

/** Stores the events of one session in the order in which they came, those that wait together. */
export class EventWriter {
  readonly #options: EventWriterOptions;
  #queue: Waiting[] = [];
  #bytes = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /** Size of the frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  push(waiting: Waiting): void {
    if (this.#stopped) return;
    this.#queue.push(waiting);
    this.#bytes += waiting.bytes;
    this.#running ??= this.#run();
  }

  /** Drops what waits, and resolves when the events under way are durable or refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    const { record, onStored, onRefused, onFailed } = this.#options;
    for (;;) {
      const batch = this.#queue.splice(0, AT_ONCE);
      const [first] = batch;
      if (!first) break;
      try {
        const events = batch.map(({ event }) => event);
        const stored = await record(first.seq, events);
        for (const { bytes } of batch) this.#bytes -= bytes;
        if (stored > 0) onStored(first.seq + stored - 1, this.#queue.length === 0);
        if (stored < batch.length) this.#refuse(onRefused);
      } catch (error) {
        this.#refuse(() => onFailed(error));
      }
    }
    this.#running = undefined;
  }

  /** What comes behind an event that was not stored must not be stored either. */
  #refuse(tell: () => void): void {
    this.#stopped = true;
    this.#queue = [];
    tell();
  }
}
