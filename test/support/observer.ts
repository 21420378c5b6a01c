/** What a reader of changes gives: changes, and what must be remembered with them. */
interface Batch<Change> {
  changes: Change[];
  memory: {
    cursor: string;
    remember: ReadonlyArray<readonly [key: string, value: string]>;
    forget: readonly string[];
  };
}

interface Source<Change> {
  changes(signal: AbortSignal): AsyncIterable<Batch<Change>>;
  close(): void;
}

export interface Memory {
  cursor: string | null;
  entries: ReadonlyMap<string, string>;
}

/** Keeps what a reader tells, as the journal does; the reader can be killed and begun anew from what was kept. */
export class Observer<Change> {
  readonly #open: (memory: Memory) => Source<Change>;
  readonly #onChange: (change: Change) => void;
  readonly #entries = new Map<string, string>();
  #cursor: string | null = null;
  #running: { stop: AbortController; source: Source<Change>; run: Promise<void> } | undefined;

  constructor(open: (memory: Memory) => Source<Change>, onChange: (change: Change) => void) {
    this.#open = open;
    this.#onChange = onChange;
  }

  get alive(): boolean {
    return this.#running !== undefined;
  }

  /** With `loses`, the first batch that is given is never taken, and none after it. */
  start({ loses = false }: { loses?: boolean } = {}): void {
    const stop = new AbortController();
    const source = this.#open({ cursor: this.#cursor, entries: new Map(this.#entries) });
    this.#running = { stop, source, run: this.#read(source, stop.signal, loses) };
  }

  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.run;
    running?.source.close();
  }

  async #read(source: Source<Change>, signal: AbortSignal, loses: boolean): Promise<void> {
    for await (const { changes, memory } of source.changes(signal)) {
      if (loses) return;
      for (const change of changes) this.#onChange(change);
      this.#cursor = memory.cursor;
      for (const key of memory.forget) this.#entries.delete(key);
      for (const [key, value] of memory.remember) this.#entries.set(key, value);
    }
  }
}
