#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createProgram } from './cli/cli.ts';
import { readBridgeConfig } from './config.ts';
import { describeError } from './runtime/app-error.ts';
import { systemClock } from './runtime/clock.ts';
import { createLogger } from './runtime/logger.ts';

const USAGE = 2;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

const program = createProgram(async (command, options) => {
  const config = readBridgeConfig(process.env);
  const logger = createLogger('bridge', config.logLevel);
  await command.run({ config, clock: systemClock, logger, print, tell }, options);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    tell(`bluerelay-bridge: ${describeError(error)}`);
    process.exitCode = 1;
  }
}
