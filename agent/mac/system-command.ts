import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import type { OsascriptTarget } from './types.ts';

/** How long a command may take before it is killed, in milliseconds. */
const LIMIT_MS = 15_000;

/** Starts a command of macOS; for a virtual Mac, its stand-in. The child takes nothing from us and says nothing. */
export function startCommand(
  target: OsascriptTarget,
  program: string,
  args: readonly string[],
): ChildProcess {
  const [file, all] = commandLine(target, program, args);
  return spawn(file, all, { stdio: 'ignore', cwd: '/' });
}

/** The program that is run for a command of macOS, and its arguments; for a virtual Mac, its stand-in. */
export function commandLine(
  target: OsascriptTarget,
  program: string,
  args: readonly string[],
): [file: string, args: readonly string[]] {
  if (target.kind === 'system') return [program, args];
  const virtual = builtFile('agent', 'virtual-mac', 'command.js');
  return [process.execPath, [virtual, '--home', target.home, '--', program, ...args]];
}

/** Runs a command to its end and tells whether it went well; one that cannot be started or hangs did not. */
export function runCommand(
  target: OsascriptTarget,
  clock: Clock,
  program: string,
  args: readonly string[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = startCommand(target, program, args);
    const cancel = clock.after(LIMIT_MS, () => child.kill('SIGKILL'));
    const end = (well: boolean): void => {
      cancel();
      resolve(well);
    };
    child.once('exit', (code) => end(code === 0));
    child.once('error', () => end(false));
  });
}
