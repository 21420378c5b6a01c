/** What acts share: each of these is used by one act at a time. `screen` is whatever moves windows or the selection. */
export const locks = ['messages', 'system-events', 'facetime', 'screen'] as const;
export type Lock = (typeof locks)[number];

/**
 * Runs tasks that hold locks. Tasks that share a lock run one at a time, in the order in which they were given; all
 * locks of a task are asked for at once, so that no two tasks can wait for each other.
 */
export class Locks {
  readonly #last = new Map<Lock, Promise<unknown>>();

  run<T>(needed: readonly Lock[], task: () => Promise<T>): Promise<T> {
    const result = Promise.all(needed.map((lock) => this.#last.get(lock))).then(task);
    const ended = result.then(ignore, ignore);
    for (const lock of needed) this.#last.set(lock, ended);
    return result;
  }

  /** Resolves when every task that was given so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}

/** The caller of `run` has the result or the error; the next task needs neither. */
const ignore = (): undefined => undefined;
