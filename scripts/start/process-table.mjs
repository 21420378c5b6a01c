import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemCode } from './start-error.mjs';

/**
 * Whether a process with this id exists.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/**
 * The command line of a process; undefined when it is gone or cannot be told.
 * @param {number} pid
 * @returns {string | undefined}
 */
function commandLine(pid) {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 });
  } catch {
    // Gone in the meantime, or a system without ps: the caller then has only the id to go by.
    return undefined;
  }
}

/**
 * Whether a process runs one of our programs: its id may meanwhile belong to somebody else.
 * @param {number} pid
 * @param {string} script part of the command line that tells the program
 */
export function isRunning(pid, script) {
  if (!isAlive(pid)) return false;
  const line = commandLine(pid);
  return line === undefined || line.includes(script);
}

/**
 * Sends a signal to a process that may be gone already.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalIfAlive(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
