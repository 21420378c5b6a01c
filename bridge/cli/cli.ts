import { Command as Commander } from 'commander';
import { productVersion } from '../runtime/product-version.ts';
import type { Command, CommandOptions } from './command.ts';
import { accountCreate, accountList } from './commands/account.ts';
import { agentList, agentRevoke, agentToken } from './commands/agent.ts';
import { lineBan, lineList, lineUnban } from './commands/line.ts';
import { openapi } from './commands/openapi.ts';
import { serve } from './commands/serve.ts';

const COMMANDS: readonly Command[] = [
  serve,
  accountCreate,
  accountList,
  agentToken,
  agentList,
  agentRevoke,
  lineList,
  lineBan,
  lineUnban,
  openapi,
];

const GROUPS: Record<string, string> = {
  account: 'Create and list accounts',
  agent: 'Enrol, list and revoke agents',
  line: 'List lines, and say which are banned',
};

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed; stderr says why
  2  wrong usage`;

/** The command line of `bluerelay-bridge`. `run` gets the chosen command; parsing throws CommanderError. */
export function createProgram(run: (command: Command, options: CommandOptions) => Promise<void>): Commander {
  const program = new Commander('bluerelay-bridge')
    .description('The cloud side of BlueRelay: agents connect to it, customers use its API.')
    .version(productVersion())
    .exitOverride()
    .showHelpAfterError('(--help tells more)');
  const groups = new Map<string, Commander>();
  for (const command of COMMANDS) {
    const [first = '', second] = command.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first) ?? program.command(first).description(GROUPS[first] ?? first);
      groups.set(first, parent);
    }
    const verb = parent
      .command(second ?? first)
      .description(command.summary)
      .addHelpText(
        'after',
        `\nExamples:\n${command.examples.map((line) => `  ${line}`).join('\n')}\n${command.more ?? ''}${EXIT_CODES}`,
      )
      .action((options: CommandOptions) => run(command, options));
    for (const { flags, description, required } of command.options) {
      if (required) verb.requiredOption(flags, description);
      else verb.option(flags, description);
    }
  }
  return program;
}
