import type { Logger } from './logger.ts';

/** What a process runs until it is told to stop. */
export interface Service {
  /** Stops taking work, ends what is under way, releases everything. `hurry` aborts on the second signal. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Longest time that a stop may take before the process is ended from within. */
const STOP_LIMIT_MS = 20_000;

export interface RunOptions {
  logger: Logger;
  /** `stopping` aborts with the first signal, also while it starts. */
  start: (stopping: AbortSignal) => Promise<Service>;
  /** Also stop when standard input ends: the way a supervisor's children learn that it is gone. */
  stopOnStdinEnd?: boolean;
}

/**
 * Runs a service until SIGINT, SIGTERM or, where asked, the end of standard input; then stops it.
 * The first signal asks, the second hurries, and after {@link STOP_LIMIT_MS} the process ends itself.
 * Sets `process.exitCode`; resolves when all is released.
 */
export async function runService({ logger, start, stopOnStdinEnd = false }: RunOptions): Promise<void> {
  const hurry = new AbortController();
  const stop = new AbortController();
  const onSignal = (signal: string): void => {
    if (!stop.signal.aborted) {
      logger.info({ signal }, 'stopping');
      stop.abort();
    } else {
      logger.warn({ signal }, 'stopping at once');
      hurry.abort();
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const onStdinEnd = (): void => onSignal('stdin');
  if (stopOnStdinEnd) {
    process.stdin.on('end', onStdinEnd);
    process.stdin.on('error', onStdinEnd);
    process.stdin.resume();
  }
  try {
    const service = await start(stop.signal);
    if (!stop.signal.aborted) {
      await new Promise<void>((resolve) =>
        stop.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    }
    const lastResort = setTimeout(() => {
      logger.error('could not stop in time');
      process.exit(1);
    }, STOP_LIMIT_MS);
    lastResort.unref();
    await service.stop(hurry.signal);
    clearTimeout(lastResort);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    if (stopOnStdinEnd) {
      process.stdin.off('end', onStdinEnd);
      process.stdin.off('error', onStdinEnd);
      process.stdin.destroy();
    }
  }
}
