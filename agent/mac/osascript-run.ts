import type { ChildProcess, execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import type { OsascriptTarget } from './types.ts';

/** `run` of `@jxa/run`: it takes the program by its `toString()`, and its arguments as JSON. */
export type Run = (program: { toString(): string }, ...args: unknown[]) => Promise<unknown>;

type ExecFile = typeof execFile;
type Callback = (error: Error | null, stdout: string, stderr: string) => void;

const SYSTEM_OSASCRIPT = '/usr/bin/osascript';

/**
 * Loads `@jxa/run` 1.4 so that its child is in our hands: it has no deadline and gives no handle to its osascript, so
 * `execFile` is wrapped while the package takes its reference to it. For a virtual Mac the wrapper starts that Mac's
 * osascript with the same arguments, and the check for macOS is satisfied.
 */
export function loadRun(target: OsascriptTarget, onChild: (child: ChildProcess) => void): Run {
  const require = createRequire(import.meta.url);
  const childProcess = require('node:child_process') as { execFile: ExecFile };
  const original = childProcess.execFile;
  const start = (file: string, args: string[], options: object, callback: Callback): ChildProcess => {
    const [program, programArgs] = commandFor(target, file, args);
    const child = original(program, programArgs, options, (error, stdout, stderr) =>
      callback(error, String(stdout), String(stderr)),
    );
    child.stdin?.on('error', () => {
      // An osascript that ends before it has read its program says why by its exit.
    });
    onChild(child);
    return child;
  };
  childProcess.execFile = start as unknown as ExecFile;
  try {
    const packagePath = require.resolve('@jxa/run');
    if (target.kind === 'virtual') {
      const macosVersion = createRequire(packagePath)('macos-version') as Record<string, unknown>;
      macosVersion.assertGreaterThanOrEqualTo = () => undefined;
    }
    return (require(packagePath) as { run: Run }).run;
  } finally {
    childProcess.execFile = original;
  }
}

function commandFor(target: OsascriptTarget, file: string, args: string[]): [string, string[]] {
  if (target.kind === 'system' || file !== SYSTEM_OSASCRIPT) return [file, args];
  const virtual = builtFile('agent', 'virtual-mac', 'osascript.js');
  return [process.execPath, [virtual, '--home', target.home, ...args]];
}
