export interface WakeableOptions {
  /** One round of work; must look for all there is to do. */
  work(): Promise<void>;
  /** A round failed; the next one comes with the next call of `wake`. */
  onFailed(error: unknown): void;
}

/** Runs rounds of work, never two at once: waking it during a round makes one more round follow. */
export class Wakeable {
  readonly #options: WakeableOptions;
  #woken = false;
  #running: Promise<void> | undefined;

  constructor(options: WakeableOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#woken = true;
    this.#running ??= this.#run();
  }

  /** Resolves when no round is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#woken) {
      this.#woken = false;
      try {
        await this.#options.work();
      } catch (error) {
        this.#options.onFailed(error);
      }
    }
    // In the same turn as the last look at #woken, so that no call of wake falls between.
    this.#running = undefined;
  }
}
