import { CommanderError, Command as Program } from 'commander';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import { agentVersion } from '../versions.ts';
import type { Command, CommandContext, CommandOptions } from './command.ts';
import { backfillCommand } from './commands/backfill.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { capabilitiesCommand } from './commands/capabilities.ts';
import { enrolCommand } from './commands/enrol.ts';
import { linkRetryCommand } from './commands/link-retry.ts';
import { messagesExportCommand } from './commands/messages-export.ts';
import { outboxListCommand } from './commands/outbox-list.ts';
import { outboxResolveCommand } from './commands/outbox-resolve.ts';
import { outboxShowCommand } from './commands/outbox-show.ts';
import { paceCommand } from './commands/pace.ts';
import { paceSimulateCommand } from './commands/pace-simulate.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { tailCommand } from './commands/tail.ts';
import { virtualMacPeopleCommand } from './commands/virtual-mac-people.ts';
import { virtualMacPlayCommand } from './commands/virtual-mac-play.ts';
import { virtualMacReceiveCommand } from './commands/virtual-mac-receive.ts';
import { virtualMacRunCommand } from './commands/virtual-mac-run.ts';

const commands: readonly Command[] = [
  runCommand,
  enrolCommand,
  statusCommand,
  linkRetryCommand,
  tailCommand,
  messagesExportCommand,
  backfillCommand,
  capabilitiesCommand,
  calibrateCommand,
  outboxListCommand,
  outboxShowCommand,
  outboxResolveCommand,
  paceCommand,
  paceSimulateCommand,
  virtualMacRunCommand,
  virtualMacReceiveCommand,
  virtualMacPlayCommand,
  virtualMacPeopleCommand,
];

/** Words that begin several commands. */
const groups: Record<string, string> = {
  link: 'The connection to the bridge.',
  messages: 'What stands in Messages.',
  outbox: 'The commands that the agent is carrying out.',
  'virtual-mac': 'An emulated Mac, to run everything without one.',
};

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed; stderr says why, stdout too as {"error":{"code","message","hint"}} with --json
  2  wrong usage`;

const USAGE = 2;

/** Runs one command of `bluerelay` and returns the exit code; never throws. */
export async function runCli(argv: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = 0;
  const program = new Program('bluerelay')
    .description('The agent of BlueRelay: makes this Mac a line of a hosted iMessage API.')
    .version(agentVersion())
    // Options after the word of a sub-command belong to that.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.print(text.trimEnd()),
      writeErr: (text) => context.tell(text.trimEnd()),
      outputError: () => undefined,
    })
    .addHelpText('after', EXIT_CODES);
  for (const command of commands)
    add(program, command, async (options) => {
      exitCode = (await command.run(context, options)) ?? 0;
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Commander has then shown the help on stderr already.
      if (error.code === 'commander.help') return USAGE;
      report(usageError(error), argv, context);
      return USAGE;
    }
    report(error, argv, context);
    return 1;
  }
}

function add(program: Program, command: Command, run: (options: CommandOptions) => Promise<void>): void {
  const words = command.name.split(' ');
  const last = words.pop() ?? '';
  const spec = words.reduce(groupOf, program).command(last).description(command.summary);
  for (const { flags, description, required, default: value } of command.options)
    if (required) spec.requiredOption(flags, description, value);
    else spec.option(flags, description, value);
  const examples = command.examples.map((example) => `  ${example}`).join('\n');
  spec.addHelpText('after', `\nExamples:\n${examples}\n${command.exitCodes ?? EXIT_CODES}`);
  spec.enablePositionalOptions().action(run);
}

const groupOf = (parent: Program, word: string): Program =>
  parent.commands.find((existing) => existing.name() === word) ??
  parent.command(word).description(groups[word] ?? '');

const usageError = (error: CommanderError): AppError =>
  new AppError(error.message.replace(/^error: /, ''), {
    code: 'invalid_option',
    retry: 'never',
    hint: 'bluerelay --help, or the command with --help.',
    cause: error,
  });

/** Tells people on stderr, and machines that asked for JSON on stdout. */
function report(error: unknown, argv: readonly string[], context: CommandContext): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof AppError ? error.hint : undefined;
  if (argv.includes('--json'))
    context.print(JSON.stringify({ error: { code: errorCode(error), message, ...(hint ? { hint } : {}) } }));
  context.tell(`Error: ${message}`);
  if (hint) context.tell(`Try: ${hint}`);
}
