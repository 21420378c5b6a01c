import { describeError, errorCode } from '../bridge/runtime/app-error.ts';
import { control } from './control/control.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';

/** How soon a start is tried again, in milliseconds. */
const AGAIN_MS = 3_000;

/**
 * Starts the daemon. While there is no room for its journal it waits for some, and `bluerelay status` says so: to end would
 * only have it started again and again. Undefined when it was stopped before. Throws as {@link startDaemon} does.
 */
export async function startPatiently(
  options: DaemonOptions,
  stopping: AbortSignal,
): Promise<Daemon | undefined> {
  for (let told = false; !stopping.aborted; told = true) {
    try {
      return await startDaemon(options);
    } catch (error) {
      if (errorCode(error) !== 'disk_full') throw error;
      if (!told) options.logger.error({ error: describeError(error) }, 'it waits for room on the disk');
      await waitSaying(error, options, stopping);
    }
  }
  return undefined;
}

async function waitSaying(
  error: unknown,
  { config: { home }, clock, logger }: DaemonOptions,
  stopping: AbortSignal,
): Promise<void> {
  const status = (): never => {
    throw error;
  };
  const served = await control
    .serve({ home, methods: { status }, clock, logger })
    .catch((trouble: unknown) => {
      // Where there is no room for a socket either, the log alone says it.
      logger.debug({ error: describeError(trouble) }, 'nothing is served meanwhile');
      return undefined;
    });
  await clock.sleep(AGAIN_MS, stopping);
  await served?.close();
}
