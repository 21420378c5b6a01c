import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import { loadRun } from './osascript-run.ts';
import { notStarted } from './outcome.ts';
import type { ActRequest } from './request.ts';
import { type Ending, scriptOutcome } from './script-outcome.ts';
import type { ActOutcome } from './types.ts';

/** Most characters of stderr that are kept. */
const MAX_STDERR = 64 * 1024;
/** How long after a kill the pipes of osascript may stay open, in milliseconds. */
const PIPE_GRACE_MS = 2_000;

/** What is asked of a run; the field's meanings are those of the request. */
export interface ScriptRun
  extends Pick<ActRequest, 'script' | 'libraries' | 'input' | 'target' | 'deadlineMs'> {
  clock: Clock;
  /** Kills osascript when it aborts. */
  stop: AbortSignal;
}

/** Runs a program of scripts/jxa as it stands, with a deadline. Whatever happens to the run is an outcome. */
export async function runScript(options: ScriptRun): Promise<ActOutcome> {
  if (options.stop.aborted) return notStarted('act_interrupted', 'the act was stopped before it began');
  const ending: Ending = { returned: undefined, stderr: '', stderrComplete: true, killed: undefined };
  let child: ChildProcess | undefined;
  const run = loadRun(options.target, (started) => {
    child = started;
    started.stderr?.on('data', (chunk: string) => {
      if (ending.stderr.length < MAX_STDERR) ending.stderr += chunk;
    });
  });
  const finished = run(programOf(options), options.input).then(
    (returned) => {
      ending.returned = returned;
    },
    () => {
      // The text of the error repeats stderr, which is localised; exit and stderr are looked at below.
    },
  );
  ending.killed = await killedBefore(finished, options, () => child?.kill('SIGKILL'));
  if (ending.killed) ending.stderrComplete = await endsWithin(finished, options.clock, PIPE_GRACE_MS);
  if (ending.stderr.length >= MAX_STDERR) ending.stderrComplete = false;
  return scriptOutcome(ending);
}

/** The bytes of the program, and of its libraries, made one function expression: what `@jxa/run` puts in its own program. */
function programOf({ script, libraries = [] }: ScriptRun): { toString(): string } {
  const sources = [...libraries, script].map((name) =>
    readFileSync(packageFile('scripts', 'jxa', `${name}.js`), 'utf8'),
  );
  const expression = `function () {\n${sources.join('\n')}\nreturn main.apply(null, arguments);\n}`;
  return { toString: () => expression };
}

/** Waits for the run, or kills it at the deadline or on `stop`, and says which. */
async function killedBefore(
  finished: Promise<void>,
  { deadlineMs, clock, stop }: ScriptRun,
  kill: () => void,
): Promise<Ending['killed']> {
  const done = new AbortController();
  const wait = AbortSignal.any([stop, done.signal]);
  const deadline = clock.sleep(deadlineMs, wait).then(() => {
    if (done.signal.aborted) return undefined;
    kill();
    return stop.aborted ? ('stop' as const) : ('deadline' as const);
  });
  const result = await Promise.race([finished.then(() => undefined), deadline]);
  done.abort();
  return result;
}

async function endsWithin(finished: Promise<void>, clock: Clock, ms: number): Promise<boolean> {
  const done = new AbortController();
  const ended = await Promise.race([
    finished.then(() => true),
    clock.sleep(ms, done.signal).then(() => false),
  ]);
  done.abort();
  return ended;
}
