import { CommanderError, Command as Program } from 'commander';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import { agentVersion } from '../versions.ts';
import type { Command, CommandContext, CommandOptions } from './command.ts';

/** Every command by its name, loaded when it is wanted: the daemon has no room for what others need. */
const commands: ReadonlyArray<readonly [name: string, load: () => Promise<Command>]> = [
  ['run', async () => (await import('./commands/run.ts')).runCommand],
  ['enrol', async () => (await import('./commands/enrol.ts')).enrolCommand],
  ['status', async () => (await import('./commands/status.ts')).statusCommand],
  ['link retry', async () => (await import('./commands/link-retry.ts')).linkRetryCommand],
  ['identity show', async () => (await import('./commands/identity.ts')).identityShowCommand],
  ['identity rotate', async () => (await import('./commands/identity.ts')).identityRotateCommand],
  ['tail', async () => (await import('./commands/tail.ts')).tailCommand],
  ['messages export', async () => (await import('./commands/messages-export.ts')).messagesExportCommand],
  ['backfill', async () => (await import('./commands/backfill.ts')).backfillCommand],
  ['capabilities', async () => (await import('./commands/capabilities.ts')).capabilitiesCommand],
  ['calibrate', async () => (await import('./commands/calibrate.ts')).calibrateCommand],
  ['outbox list', async () => (await import('./commands/outbox-list.ts')).outboxListCommand],
  ['outbox show', async () => (await import('./commands/outbox-show.ts')).outboxShowCommand],
  ['outbox resolve', async () => (await import('./commands/outbox-resolve.ts')).outboxResolveCommand],
  ['outbox cancel', async () => (await import('./commands/outbox-cancel.ts')).outboxCancelCommand],
  ['pace', async () => (await import('./commands/pace.ts')).paceCommand],
  ['pace simulate', async () => (await import('./commands/pace-simulate.ts')).paceSimulateCommand],
  ['virtual-mac run', async () => (await import('./commands/virtual-mac-run.ts')).virtualMacRunCommand],
  [
    'virtual-mac receive',
    async () => (await import('./commands/virtual-mac-receive.ts')).virtualMacReceiveCommand,
  ],
  ['virtual-mac play', async () => (await import('./commands/virtual-mac-play.ts')).virtualMacPlayCommand],
  ['virtual-mac fault', async () => (await import('./commands/virtual-mac-fault.ts')).virtualMacFaultCommand],
  [
    'virtual-mac people',
    async () => (await import('./commands/virtual-mac-people.ts')).virtualMacPeopleCommand,
  ],
];

/** Words that begin several commands. */
const groups: Record<string, string> = {
  identity: 'Who the agent is to its bridge.',
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
  try {
    for (const command of await wanted(argv))
      add(program, command, async (options) => {
        exitCode = (await command.run(context, options)) ?? 0;
      });
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

/** The commands that begin with the first word given; all of them where none does, for the help. */
function wanted([first]: readonly string[]): Promise<Command[]> {
  const named = commands.filter(([name]) => name.split(' ')[0] === first);
  return Promise.all((named.length > 0 ? named : commands).map(([, load]) => load()));
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
