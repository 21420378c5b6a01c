import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { askVirtualMac } from './control-client.ts';
import type { ProcessCommand } from './messages-process.ts';
import { filesOf, makeRendition } from './renditions.ts';

/** How often the virtual caffeinate looks whether its process lives, in milliseconds. */
const LOOK_EVERY_MS = 500;

/** Commands of macOS that programs of ours run, as they are written, and what they do to a virtual Mac. */
const commands: ReadonlyArray<readonly [RegExp, ProcessCommand]> = [
  [/^\/usr\/bin\/open -g -j -a Messages$/, 'open'],
  [/^\/usr\/bin\/open -a Messages$/, 'front'],
  [/^\/usr\/bin\/pkill -TERM -U \d+ -x Messages$/, 'term'],
  [/^\/usr\/bin\/pkill -KILL -U \d+ -x Messages$/, 'kill'],
  [/^\/usr\/bin\/killall imagent$/, 'killall-imagent'],
];

/** `command.js --home DIR -- PROGRAM ARGS`: a command of macOS on a virtual Mac; exit code 127 for others. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { home: { type: 'string' } },
    allowPositionals: true,
  });
  const line = positionals.join(' ');
  const waitsFor = /^\/usr\/bin\/caffeinate (?:-d )?-i -m -s -w (\d+)$/.exec(line)?.[1];
  if (waitsFor !== undefined) {
    await endOf(Number(waitsFor));
    return 0;
  }
  const files = filesOf(positionals);
  if (files) return makeRendition(files);
  const found = commands.find(([pattern]) => pattern.test(line));
  if (!values.home || !found) {
    writeSync(2, 'command not found\n');
    return 127;
  }
  await askVirtualMac(values.home, { call: 'process', command: found[1] });
  return 0;
}

async function endOf(pid: number): Promise<void> {
  while (isAlive(pid)) await systemClock.sleep(LOOK_EVERY_MS);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

process.exitCode = await main();
