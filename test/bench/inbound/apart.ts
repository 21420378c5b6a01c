import { execFileSync } from 'node:child_process';
import os from 'node:os';

const place = (pids: readonly number[], cores: string): void => {
  for (const pid of pids) execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)]);
};

/**
 * Keeps a watcher on a processor of its own while `work` runs, away from those who write and who hear: both ends of a link
 * are two machines in life, and a scheduler may let whoever is woken wait on the processor of whoever woke it. Where that
 * cannot be had (no `taskset`, one processor) the work is done all the same; resolves with whether it was had.
 */
export async function apart<T>(
  watcher: number,
  others: readonly number[],
  work: () => Promise<T>,
): Promise<{ done: T; apart: boolean }> {
  const last = os.cpus().length - 1;
  if (process.platform !== 'linux' || last < 1) return { done: await work(), apart: false };
  const all = [watcher, ...others];
  try {
    place([watcher], '0');
    place(others, `1-${last}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { done: await work(), apart: false };
  }
  try {
    return { done: await work(), apart: true };
  } finally {
    place(all, `0-${last}`);
  }
}
