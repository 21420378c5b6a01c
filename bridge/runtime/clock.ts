/** Ends a pending timer; calling it again does nothing. */
export type Cancel = () => void;

/**
 * The only source of time and timers in the project, so that tests own both.
 * `now` is in milliseconds since the Unix epoch; delays are in milliseconds.
 */
export interface Clock {
  now(): number;
  /** Calls `fn` once after `ms`. Keeps the process alive unless `unref` is set. */
  after(ms: number, fn: () => void, options?: { unref?: boolean }): Cancel;
  /** Calls `fn` every `ms` until cancelled. */
  every(ms: number, fn: () => void, options?: { unref?: boolean }): Cancel;
  /** Resolves after `ms`, or at once when `signal` aborts: never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node delays above this fire at once, so longer waits are cut to it and the caller looks again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

const bounded = (ms: number): number => Math.min(Math.max(0, ms), LONGEST_DELAY_MS);

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, options) {
    const timer = setTimeout(fn, bounded(ms));
    if (options?.unref) timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, fn, options) {
    const timer = setInterval(fn, bounded(ms));
    if (options?.unref) timer.unref();
    return () => clearInterval(timer);
  },
  sleep(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, bounded(ms));
      signal?.addEventListener('abort', done, { once: true });
    });
  },
};

/** Milliseconds since the Unix epoch as ISO 8601 UTC, the form of every time in the API and the protocol. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();
