import type { StoredCommand } from '../store/types.ts';

/** How many commands are read from the store at once. */
const BATCH = 32;

export interface CommandFeedOptions {
  /** Commands above `seq`, in order. */
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
  #asked = false;
  #acked = 0;
  #sending: Promise<void> | undefined;
  #noting: Promise<void> | undefined;

  constructor(options: CommandFeedOptions) {
    this.#options = options;
  }

  /** Looks whether the store has commands to send. */
  wake(): void {
    this.#asked = true;
    this.#sending ??= this.#send()
      .catch(this.#options.onFailed)
      .finally(() => {
        this.#sending = undefined;
      });
  }

  /** Notes an acknowledgement; several that come while one is being stored become one. */
  acknowledged(seq: number): void {
    this.#acked = seq;
    this.#noting ??= this.#note()
      .catch(this.#options.onFailed)
      .finally(() => {
        this.#noting = undefined;
      });
  }

  /** Resolves when nothing of it is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#sending, this.#noting]);
  }

  async #send(): Promise<void> {
    const { read, position, send } = this.#options;
    while (this.#asked) {
      this.#asked = false;
      for (;;) {
        const { sent, space } = position();
        const limit = Math.min(space, BATCH);
        if (limit <= 0) break;
        const commands = await read(sent, limit);
        if (commands.length === 0 || position().space <= 0) break;
        for (const command of commands) send(command);
      }
    }
  }

  async #note(): Promise<void> {
    let noted = 0;
    while (noted < this.#acked) {
      noted = this.#acked;
      await this.#options.acknowledge(noted);
    }
  }
}
