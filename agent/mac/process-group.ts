/** Whether a process of this user has the id; another may have it by now, so whoever waits for it sets a bound. */
export function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

/**
 * Kills a process group; false when there is none. For a group whose leader has ended or is the caller: while it has
 * members, its number is given to no new process.
 */
export function killGroup(leader: number): boolean {
  return signal(-leader, 'SIGKILL');
}

function signal(target: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))
      return false;
    throw error;
  }
}
