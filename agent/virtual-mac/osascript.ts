import { readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import vm from 'node:vm';
import { socketPath } from '../control/socket-path.ts';
import { osascriptEnvironment } from './config.ts';
import { AppleEventFailure, SOCKET_NAME } from './control.ts';
import { jxaGlobals } from './object-model/globals.ts';
import { Calls } from './osascript-calls.ts';

/** Longest time that a program may take, in milliseconds, should nobody kill it before. */
const LIMIT_MS = 600_000;

/**
 * The osascript of a virtual Mac: `osascript.js --home DIR -l JavaScript`, the program on stdin, arguments in OSA_ARGS.
 * The value of the program's last expression goes to stdout. An uncaught error ends it with exit code 1 and one line
 * on stderr that ends with the error's number, as the real one does.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { home: { type: 'string' }, language: { type: 'string', short: 'l' } },
  });
  if (!values.home || values.language !== 'JavaScript') {
    writeSync(2, 'osascript: only JavaScript programs for a --home are run here\n');
    return 2;
  }
  const program = readFileSync(0, 'utf8');
  const calls = new Calls(socketPath(values.home, SOCKET_NAME));
  const globals = jxaGlobals({
    call: (request) => calls.call(request),
    environment: osascriptEnvironment,
    log: (line) => writeSync(2, `${line}\n`),
  });
  try {
    const value: unknown = vm.runInNewContext(program, globals, { timeout: LIMIT_MS });
    if (value !== undefined) writeSync(1, `${String(value)}\n`);
    return 0;
  } catch (error) {
    const number = error instanceof AppleEventFailure ? error.errorNumber : -2700;
    writeSync(2, `execution error: Error: ${String(error).replaceAll('\n', ' ')} (${number})\n`);
    return 1;
  } finally {
    await calls.close();
  }
}

process.exitCode = await main();
