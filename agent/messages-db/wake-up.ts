import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';

/** How often the database is asked whether anybody committed, should no event tell of it. */
const POLL_MS = 50;
/** How often when nothing happened for long: a Mac where nobody writes should do nothing. */
const QUIET_POLL_MS = 100;
const QUIET_AFTER_MS = 20_000;
/** How often while rows wait for their joins, and for a short time after an event of the file system. */
const EAGER_MS = 3;
/** An event comes when a frame is written to the WAL; its commit is seen a little later. */
const AFTER_EVENT_MS = 60;

/** Waits for signs that the database changed. */
export class WakeUp {
  readonly #clock: Clock;
  #eventAt = -Infinity;
  #look: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes an event of the file system. */
  event(): void {
    this.#eventAt = this.#clock.now();
    this.#look?.();
  }

  /** Resolves when `changed` says so, which is asked again and again, or when `signal` aborts. */
  wait(changed: () => boolean, eager: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const done = (): void => {
        cancel();
        this.#look = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      const look = (): void => {
        cancel();
        if (signal.aborted || changed()) {
          done();
          return;
        }
        cancel = this.#clock.after(this.#pause(eager()), look);
      };
      this.#look = look;
      signal.addEventListener('abort', done, { once: true });
      look();
    });
  }

  #pause(eager: boolean): number {
    const quietFor = this.#clock.now() - this.#eventAt;
    if (eager || quietFor < AFTER_EVENT_MS) return EAGER_MS;
    return quietFor < QUIET_AFTER_MS ? POLL_MS : QUIET_POLL_MS;
  }
}
