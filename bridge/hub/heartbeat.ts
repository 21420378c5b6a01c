import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from '../protocol/limits.ts';
import type { Cancel, Clock } from '../runtime/clock.ts';

export interface HeartbeatOptions {
  clock: Clock;
  ping(): void;
  /** Called once, when nothing was heard for the limit. */
  onSilent(): void;
}

/** Asks the other side for a sign of life, and notices when none comes. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #cancelPings: Cancel;
  #cancelCheck: Cancel;
  #heardAt: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#cancelPings = options.clock.every(HEARTBEAT_MS, options.ping);
    this.#cancelCheck = options.clock.after(SILENCE_LIMIT_MS, () => this.#check());
  }

  /** Notes that something arrived. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  stop(): void {
    this.#cancelPings();
    this.#cancelCheck();
  }

  #check(): void {
    const { clock, onSilent } = this.#options;
    const now = clock.now();
    // A clock that was set back makes nobody wait for a time that it had shown.
    this.#heardAt = Math.min(this.#heardAt, now);
    const left = this.#heardAt + SILENCE_LIMIT_MS - now;
    if (left <= 0) onSilent();
    else this.#cancelCheck = clock.after(left, () => this.#check());
  }
}
