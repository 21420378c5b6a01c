import { systemClock } from '../../bridge/runtime/clock.ts';
import { ActFiles } from './act-files.ts';
import { uncertain } from './outcome.ts';
import { killGroup } from './process-group.ts';
import { actRequestSchema, MAX_REQUEST_BYTES } from './request.ts';
import { runScript } from './run-script.ts';

/**
 * One act, in a process and process group of its own, so that it ends as it should when the agent does not live to see
 * it. Reads its request from stdin; takes the act by its started file, or leaves without doing anything; runs the
 * program; leaves the result file; ends with its whole group. Exit codes when it does nothing: 2 the request cannot be
 * read, 3 the act is taken or it is too late to begin.
 */
async function act(): Promise<number> {
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  const input = await readInput();
  const request = actRequestSchema.safeParse(input);
  if (!request.success) return 2;
  const { actId, actsFolder, beginBefore, deadlineMs, script, libraries, target } = request.data;
  const startedAt = systemClock.now();
  const begun = { by: 'worker', pid: process.pid, startedAt, deadlineAt: startedAt + deadlineMs } as const;
  const files = new ActFiles(actsFolder);
  if (startedAt > beginBefore || !files.begin(actId, begun)) return 3;
  const outcome = await runScript({
    script,
    libraries,
    target,
    deadlineMs,
    input: request.data.input,
    clock: systemClock,
    stop: stop.signal,
  }).catch(() => uncertain('the worker failed'));
  files.finish(actId, outcome);
  killGroup(process.pid);
  return 0;
}

async function readInput(): Promise<unknown> {
  let bytes = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

process.umask(0o077);
process.exitCode = await act();
