import type { Clock } from '../../bridge/runtime/clock.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';

/** The clock of the machine, but it can be put forward. Timers last as long as ever. */
export class SkippingClock implements Clock {
  #ahead = 0;

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  /** Puts the clock forward to this time, in milliseconds since the Unix epoch; never back. */
  skipTo(time: number): void {
    this.#ahead = Math.max(this.#ahead, time - systemClock.now());
  }

  readonly after = systemClock.after;
  readonly every = systemClock.every;
  readonly sleep = systemClock.sleep;
}
