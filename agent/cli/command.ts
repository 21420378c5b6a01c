import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { AgentConfig } from '../config.ts';

/** What a command works with; tests pass their own. Stdout is data, stderr is people. */
export interface CommandContext {
  config: AgentConfig;
  clock: Clock;
  logger: Logger;
  /** Writes one line to stdout. */
  print(line: string): void;
  /** Writes one line to stderr. */
  tell(line: string): void;
  /** All of standard input, 64 KiB at most; absent where a caller has none. */
  readInput?(): Promise<string>;
  /** Whether a person looks at stderr and wants to see how far the work is. */
  showProgress?: boolean;
  /** Asks a person at the terminal, who says yes or no; absent where there is no terminal. */
  confirm?(question: string): Promise<boolean>;
}

interface CommandOption {
  /** As commander writes it: `--from <handle>`. */
  flags: string;
  description: string;
  required?: boolean;
  default?: string;
}

/** Values by camel-cased option name: a string where the option takes one, otherwise whether it was given. */
export type CommandOptions = Record<string, string | boolean | undefined>;

/** One command of `bluerelay`. Words of `name` after the first are sub-commands: `virtual-mac receive`. */
export interface Command {
  name: string;
  summary: string;
  options: readonly CommandOption[];
  examples: readonly string[];
  /** Its exit codes as the help shows them, where they are more than the usual. */
  exitCodes?: string;
  /** Does the work; throws AppError. The returned number is the exit code, 0 when absent. */
  run(context: CommandContext, options: CommandOptions): Promise<number | undefined>;
}
