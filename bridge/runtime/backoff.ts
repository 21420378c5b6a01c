import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** First ceiling in milliseconds; doubles with every failure. */
  baseMs: number;
  /** Highest ceiling in milliseconds. */
  capMs: number;
  /** A success must last this long before the count of failures is forgotten, so that flapping stays slow. */
  graceMs: number;
  clock: Clock;
  /** A number in [0, 1). */
  random?: () => number;
}

/** Full-jitter exponential backoff with a grace period after success. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;
  #succeededAt: number | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Notes that the attempt works now; the count is forgotten only if it goes on working for the grace period. */
  succeeded(): void {
    this.#succeededAt = this.#options.clock.now();
  }

  /** Notes a failure and returns how many milliseconds to wait before the next attempt. */
  failed(): number {
    const { baseMs, capMs, graceMs, clock, random = Math.random } = this.#options;
    if (this.#succeededAt !== undefined && clock.now() - this.#succeededAt >= graceMs) this.#failures = 0;
    this.#succeededAt = undefined;
    const ceiling = Math.min(capMs, baseMs * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(random() * ceiling);
  }
}
