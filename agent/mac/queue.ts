/** Runs tasks one at a time, in the order in which they were given. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.then(ignore, ignore);
    return result;
  }

  /** Resolves when every task that was given so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}

/** The caller of `run` has the result or the error; the next task needs neither. */
const ignore = (): undefined => undefined;
