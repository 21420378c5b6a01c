import type { Clock } from '../../bridge/runtime/clock.ts';
import { ManualClock } from './manual-clock.ts';

/** A clock that can be set, as a person or NTP sets that of a Mac: timers do not notice. */
export class JumpingClock implements Clock {
  readonly #real: ManualClock;
  #ahead = 0;
  #forward = 0;

  constructor(now?: number) {
    this.#real = new ManualClock(now);
  }

  readonly after: Clock['after'] = (ms, fn) => this.#real.after(ms, fn);
  readonly every: Clock['every'] = (ms, fn) => this.#real.every(ms, fn);
  readonly sleep: Clock['sleep'] = (ms, signal) => this.#real.sleep(ms, signal);

  now(): number {
    return this.#real.now() + this.#ahead;
  }

  /** Milliseconds that passed, or that the clock was put forward by: what a clock that is never set back would show. */
  passed(): number {
    return this.#real.now() + this.#forward;
  }

  jump(ms: number): void {
    this.#ahead += ms;
    this.#forward += Math.max(0, ms);
  }

  advance(ms: number): Promise<void> {
    return this.#real.advance(ms);
  }
}
