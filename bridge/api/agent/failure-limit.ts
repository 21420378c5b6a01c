import type { Clock } from '../../runtime/clock.ts';

export interface FailureLimitOptions {
  clock: Clock;
  /** Failures that one client may have within the window. */
  most: number;
  windowMs: number;
  /** Clients that are remembered; beyond it the one whose window began first is forgotten. */
  clients: number;
}

interface Window {
  failures: number;
  endsAt: number;
}

/** Counts failures per client in fixed windows, in bounded memory and without timers. */
export class FailureLimit {
  readonly #options: FailureLimitOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: FailureLimitOptions) {
    this.#options = options;
  }

  /** Milliseconds until the client may try again; 0 when it may now. */
  waitMs(client: string): number {
    const window = this.#current(client);
    if (!window || window.failures < this.#options.most) return 0;
    return window.endsAt - this.#options.clock.now();
  }

  failed(client: string): void {
    const window = this.#current(client);
    if (window) {
      window.failures += 1;
      return;
    }
    const { clock, windowMs, clients } = this.#options;
    if (this.#windows.size >= clients) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    this.#windows.set(client, { failures: 1, endsAt: clock.now() + windowMs });
  }

  #current(client: string): Window | undefined {
    const window = this.#windows.get(client);
    if (window && window.endsAt <= this.#options.clock.now()) {
      this.#windows.delete(client);
      return undefined;
    }
    return window;
  }
}
