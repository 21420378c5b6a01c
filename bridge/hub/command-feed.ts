import { Wakeable } from '../runtime/wakeable.ts';
import type { StoredCommand } from '../store/types.ts';

/** How many commands are read from the store at once. */
const BATCH = 32;

export interface CommandFeedOptions {
  /** Commands above `seq`, in order, which are then sent. */
  read(seq: number, limit: number): Promise<StoredCommand[]>;
  /** Where to read on, and how many may go out now. */
  position(): { sent: number; space: number };
  send(command: StoredCommand): void;
  /** Makes the agent's acknowledgement durable. */
  acknowledge(seq: number): Promise<void>;
  onFailed(error: unknown): void;
}

/** Brings the commands of one agent from the store to its session, and its acknowledgements back. */
export class CommandFeed {
  readonly #options: CommandFeedOptions;
  readonly #sending: Wakeable;
  readonly #noting: Wakeable;
  #acked = 0;

  constructor(options: CommandFeedOptions) {
    const { onFailed } = options;
    this.#options = options;
    this.#sending = new Wakeable({ work: () => this.#send(), onFailed });
    this.#noting = new Wakeable({ work: () => options.acknowledge(this.#acked), onFailed });
  }

  /** Looks whether the store has commands to send. */
  wake(): void {
    this.#sending.wake();
  }

  /** Notes an acknowledgement; several that come while one is being stored become one. */
  acknowledged(seq: number): void {
    this.#acked = seq;
    this.#noting.wake();
  }

  /** Resolves when nothing of it is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#sending.idle(), this.#noting.idle()]);
  }

  async #send(): Promise<void> {
    const { read, position, send } = this.#options;
    for (;;) {
      const { sent, space } = position();
      if (space <= 0) return;
      const commands = await read(sent, Math.min(space, BATCH));
      if (commands.length === 0 || position().space <= 0) return;
      for (const command of commands) send(command);
    }
  }
}
