import { systemClock } from '../bridge/runtime/clock.ts';
import { createLogger } from '../bridge/runtime/logger.ts';
import { runCli } from './cli/cli.ts';
import { confirm, readInput } from './cli/read-input.ts';
import { readAgentConfig } from './config.ts';

/** Runs `bluerelay` with these arguments in this environment, on the streams of the process. */
export async function runProgram(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  // Whoever reads the output may have had enough, as `head` has.
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  const config = readAgentConfig(environment);
  process.exitCode = await runCli(argv, {
    config,
    clock: systemClock,
    logger: createLogger('agent', config.logLevel),
    print: (line) => process.stdout.write(`${line}\n`),
    tell: (line) => process.stderr.write(`${line}\n`),
    showProgress: process.stderr.isTTY === true,
    readInput: () => readInput(process.stdin),
    ...(process.stdin.isTTY ? { confirm } : {}),
  });
}
