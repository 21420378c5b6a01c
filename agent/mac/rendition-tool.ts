import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { killGroup } from './process-group.ts';
import { commandLine } from './system-command.ts';
import type { OsascriptTarget } from './types.ts';

/** Blocks of `ulimit -f` are 512 bytes in one shell and 1024 in another; the smaller is counted on. */
const BLOCK_BYTES = 512;
/** Limits of the process, which hold also when nobody looks, then the program in its place. */
const LIMITED = 'ulimit -f "$1" && ulimit -t "$2" && shift 2 && exec "$@"';

export interface ToolRun {
  target: OsascriptTarget;
  program: string;
  /** Paths among them are absolute, so that none is taken for an option. */
  args: readonly string[];
  limitMs: number;
  /** Most bytes that a file may have which it writes. */
  maxBytes: number;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Runs a program that reads one file and writes another, in a process group of its own, which is killed whole at the
 * limit or when `signal` aborts. It is given nothing of our environment but where programs are.
 */
export function runTool(run: ToolRun): Promise<'made' | 'failed' | 'late' | 'stopped'> {
  const { target, program, args, limitMs, maxBytes, clock, signal } = run;
  if (signal.aborted) return Promise.resolve('stopped');
  return new Promise((resolve) => {
    const [file, all] = commandLine(target, program, args);
    const blocks = Math.ceil(maxBytes / BLOCK_BYTES);
    const seconds = Math.ceil(limitMs / 1_000);
    const limits = ['-c', LIMITED, 'sh', String(blocks), String(seconds)];
    const child: ChildProcess = spawn('/bin/sh', [...limits, file, ...all], {
      stdio: 'ignore',
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
    });
    let why: 'late' | 'stopped' | undefined;
    const kill = (reason: 'late' | 'stopped') => (): void => {
      why ??= reason;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const cancel = clock.after(limitMs, kill('late'));
    const stop = kill('stopped');
    signal.addEventListener('abort', stop, { once: true });
    const end = (made: boolean): void => {
      cancel();
      signal.removeEventListener('abort', stop);
      // Whatever it started ends with it.
      if (child.pid !== undefined) killGroup(child.pid);
      resolve(why ?? (made ? 'made' : 'failed'));
    };
    child.once('exit', (code) => end(code === 0));
    child.once('error', () => end(false));
  });
}
