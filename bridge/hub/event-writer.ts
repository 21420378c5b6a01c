import type { AgentEvent } from '../protocol/events.ts';

export interface EventWriterOptions {
  /** Stores one event; false when the store refuses it because the session is not the newest. */
  record(seq: number, event: AgentEvent): Promise<boolean>;
  onStored(seq: number, idle: boolean): void;
  onRefused(): void;
  onFailed(error: unknown): void;
}

interface Waiting {
  seq: number;
  event: AgentEvent;
  bytes: number;
}

/** Stores the events of one session one after the other, in the order in which they came. */
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

  /** Drops what waits, and resolves when the event under way is durable or refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    const { record, onStored, onRefused, onFailed } = this.#options;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        const stored = await record(next.seq, next.event);
        this.#bytes -= next.bytes;
        if (stored) onStored(next.seq, this.#queue.length === 0);
        else this.#refuse(onRefused);
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
