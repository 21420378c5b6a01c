import type { BridgeConfig } from '../config.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** What a command works with. Stdout is data, stderr is people. */
export interface CommandContext {
  config: BridgeConfig;
  clock: Clock;
  logger: Logger;
  /** Writes one line to stdout. */
  print(line: string): void;
  /** Writes one line to stderr. */
  tell(line: string): void;
}

export interface CommandOption {
  /** As commander writes it: `--port <n>`. */
  flags: string;
  description: string;
  required?: boolean;
}

/** Values by camel-cased option name: a string where the option takes one, otherwise whether it was given. */
export type CommandOptions = Record<string, string | boolean | undefined>;

/** One command of `bluerelay-bridge`. Words of `name` after the first are sub-commands: `account create`. */
export interface Command {
  name: string;
  summary: string;
  options: readonly CommandOption[];
  examples: readonly string[];
  /** What its help says after the examples. */
  more?: string;
  /** Does the work; throws AppError. */
  run(context: CommandContext, options: CommandOptions): Promise<void>;
}

/** `--json`, which every command that prints takes. */
export const jsonOption: CommandOption = { flags: '--json', description: 'print one line of JSON on stdout' };

/** The text of an option that takes one; the empty text when it is absent. */
export const textOf = (options: CommandOptions, name: string): string => {
  const value = options[name];
  return typeof value === 'string' ? value : '';
};
