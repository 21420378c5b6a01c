/** Places for work under way, bounded in all and for each key, with a queue for what waits for its key. */
export class Slots<T> {
  readonly #limit: number;
  readonly #limitPerKey: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, T[]>();
  #held = 0;

  constructor(limit: number, limitPerKey: number) {
    this.#limit = limit;
    this.#limitPerKey = limitPerKey;
  }

  /** How many more items may be held, running or waiting. */
  get free(): number {
    return Math.max(0, this.#limit - this.#held);
  }

  /** Keys that have no place left. */
  full(): string[] {
    return [...this.#running].filter(([, count]) => count >= this.#limitPerKey).map(([key]) => key);
  }

  /** Takes an item: true when it may run now, false when it waits for its key. */
  enter(key: string, item: T): boolean {
    this.#held += 1;
    const running = this.#running.get(key) ?? 0;
    if (running < this.#limitPerKey) {
      this.#running.set(key, running + 1);
      return true;
    }
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(item);
    else this.#waiting.set(key, [item]);
    return false;
  }

  /** Notes that an item of a key has ended; returns the one that may run in its place. */
  leave(key: string): T | undefined {
    this.#held -= 1;
    const next = this.#waiting.get(key)?.shift();
    if (next !== undefined) return next;
    this.#waiting.delete(key);
    const running = (this.#running.get(key) ?? 1) - 1;
    if (running === 0) this.#running.delete(key);
    else this.#running.set(key, running);
    return undefined;
  }

  /** Takes out everything that waits. */
  drain(): T[] {
    const items = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#held -= items.length;
    return items;
  }
}
