import { readdirSync, readFileSync } from 'node:fs';

/** What was to be read of a process; undefined when that is gone or somebody else's. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}

/**
 * Processes that a program of a run started and that work for the agent of this home: workers of acts and their
 * osascript. Known by their environment, which only Linux shows; elsewhere none are found.
 */
export function workersOf(agentHome: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const environment = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
      if (!environment.includes(`BLUERELAY_HOME=${agentHome}`)) return false;
      return /jxa-worker|osascript/.test(read(`/proc/${pid}/cmdline`) ?? '');
    });
}

/** Ends them by SIGKILL; returns how many there were. */
export function killWorkers(agentHome: string): number {
  const workers = workersOf(agentHome);
  for (const pid of workers) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
  return workers.length;
}
