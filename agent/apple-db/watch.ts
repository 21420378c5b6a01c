import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import { type FileWatch, watchDatabase } from './file-watch.ts';

/** An event comes when a frame is written to the WAL; its commit is seen a little later. In milliseconds. */
const COMMIT_NEAR_MS = 10;
const COMMIT_SOON_MS = 60;
/** Pauses meanwhile; the longer one also while something is about to come. */
const NEAR_PAUSE_MS = 1;
const SOON_PAUSE_MS = 3;
/** Shortest pause after that; it grows with the quiet, whose tenth it is. */
const POLL_MS = 25;
/** Longest pause while events are not relied upon. */
const DISTRUST_PAUSE_MS = 50;
/** How long after a commit that no event told of one may still come, in milliseconds. */
const EVENT_LATE_MS = 250;
/** How long events are not relied upon after one was lost, in milliseconds. */
const DISTRUST_MS = 10 * 60_000;

/** What a reader found when it asked: somebody committed, something else wants a look, or neither. */
export type News = 'commit' | 'other' | undefined;

export interface DatabaseWatchOptions {
  databasePath: string;
  clock: Clock;
  /** Longest pause between two questions while nothing happens, in milliseconds. */
  slowestMs: number;
  onTrouble(error: unknown): void;
}

/** What a reader asks while it waits. */
export interface Waiting {
  /** Asked again and again; cheap. */
  news(): News;
  /** When to ask at the latest, in milliseconds since the Unix epoch. */
  due(): number;
  /** Whether it waits for something that is about to come. */
  eager(): boolean;
  signal: AbortSignal;
}

/**
 * Waits for signs that a database changed. Events of the file system bring a question at once; between them it is asked
 * as well, often after a sign and ever more seldom while nothing happens. A commit that no event told of shows that events are lost: the files are watched anew, and for ten minutes questions stay frequent.
 */
export class DatabaseWatch {
  readonly #options: DatabaseWatchOptions;
  #files: FileWatch | undefined;
  /** When something last happened, in milliseconds since the Unix epoch. */
  #signAt: number;
  #distrustUntil = -Infinity;
  /** When a commit was found before any event told of it. */
  #unannounced: number | undefined;
  #ask: (() => void) | undefined;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
    this.#signAt = options.clock.now();
  }

  /** Resolves when there is news, when it is due, or when the signal aborts. */
  wait({ news, due, eager, signal }: Waiting): Promise<void> {
    const { clock } = this.#options;
    this.#files ??= this.#watch();
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const done = (): void => {
        cancel();
        this.#ask = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      const ask = (): void => {
        cancel();
        const found = signal.aborted ? 'other' : news();
        if (found) {
          if (found === 'commit') this.#committed();
          done();
          return;
        }
        cancel = clock.after(this.#pause(eager(), due()), ask);
      };
      this.#ask = ask;
      signal.addEventListener('abort', done, { once: true });
      ask();
    });
  }

  /** Watches the files anew from the next waiting on: others may lie at the path now. */
  async renew(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    await files?.close();
  }

  #watch(): FileWatch {
    const { databasePath, onTrouble } = this.#options;
    return watchDatabase(databasePath, () => this.#event(), onTrouble);
  }

  #event(): void {
    this.#signAt = this.#options.clock.now();
    this.#unannounced = undefined;
    this.#ask?.();
  }

  /** A commit counts as announced by any event of the time just before it. */
  #committed(): void {
    const now = this.#options.clock.now();
    if (now - this.#signAt > EVENT_LATE_MS) this.#unannounced ??= now;
    this.#signAt = now;
  }

  #pause(eager: boolean, due: number): number {
    const now = this.#options.clock.now();
    // A clock that was put back would make the last sign one of the future.
    this.#signAt = Math.min(this.#signAt, now);
    if (this.#unannounced !== undefined && now - this.#unannounced > EVENT_LATE_MS) this.#lost(now);
    const quiet = now - this.#signAt;
    if (quiet < COMMIT_NEAR_MS) return NEAR_PAUSE_MS;
    if (eager || quiet < COMMIT_SOON_MS) return SOON_PAUSE_MS;
    const slowest = now < this.#distrustUntil ? DISTRUST_PAUSE_MS : this.#options.slowestMs;
    const pause = Math.min(Math.max(POLL_MS, quiet / 10), slowest);
    return Math.max(SOON_PAUSE_MS, Math.min(pause, due - now));
  }

  #lost(now: number): void {
    this.#unannounced = undefined;
    this.#distrustUntil = now + DISTRUST_MS;
    const { onTrouble } = this.#options;
    const files = this.#files;
    this.#files = this.#watch();
    files?.close().catch(onTrouble);
  }
}
