import { spawn } from 'node:child_process';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import type { ActRequest } from './request.ts';

/** How long a worker may take beyond its act's deadline before it is killed from here, in milliseconds. */
const GRACE_MS = 5_000;
/** How long a worker that was asked to stop may take to record what became of its act, in milliseconds. */
const STOP_MS = 3_000;

/**
 * Runs one act in a worker of its own process group and resolves when the worker has ended, however it did: what
 * became of the act is in its files. `hurry` asks the worker to kill its osascript, then kills the group.
 */
export function runWorker(request: ActRequest, clock: Clock, hurry: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const worker = spawn(process.execPath, [builtFile('agent', 'mac', 'jxa-worker.js')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    });
    const kill = (): void => {
      if (worker.pid !== undefined && worker.exitCode === null && worker.signalCode === null)
        process.kill(-worker.pid, 'SIGKILL');
    };
    let cancel = clock.after(request.deadlineMs + GRACE_MS, kill);
    const onHurry = (): void => {
      worker.kill('SIGTERM');
      cancel();
      cancel = clock.after(STOP_MS, kill);
    };
    const end = (): void => {
      cancel();
      hurry.removeEventListener('abort', onHurry);
      resolve();
    };
    worker.on('exit', end);
    worker.on('error', () => {
      // Could not be started: without a started file, recovering the act finds that it never began.
      if (worker.pid === undefined) end();
    });
    worker.stdin.on('error', () => {
      // A worker that ends before it has read its request has not begun.
    });
    worker.stdin.end(JSON.stringify(request));
    if (hurry.aborted) onHurry();
    else hurry.addEventListener('abort', onHurry, { once: true });
  });
}
