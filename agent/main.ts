#!/usr/bin/env node
import { systemClock } from '../bridge/runtime/clock.ts';
import { createLogger } from '../bridge/runtime/logger.ts';
import { runCli } from './cli/cli.ts';
import { confirm, readInput } from './cli/read-input.ts';
import { readAgentConfig } from './config.ts';

const config = readAgentConfig(process.env);
process.exitCode = await runCli(process.argv.slice(2), {
  config,
  clock: systemClock,
  logger: createLogger('agent', config.logLevel),
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
  readInput: () => readInput(process.stdin),
  ...(process.stdin.isTTY ? { confirm } : {}),
});
