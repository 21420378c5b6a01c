import { errorCode } from '../../../bridge/runtime/app-error.ts';
import { type CapabilitiesAnswer, capabilitiesAnswerSchema } from '../../capabilities-answer.ts';
import { control } from '../../control/control.ts';
import type { Command, CommandContext } from '../command.ts';
import { openOwnCare } from '../own-care.ts';

/** `bluerelay capabilities`: what this Mac can do, action by action, and what it lacks, as the running agent finds it. */
export const capabilitiesCommand: Command = {
  name: 'capabilities',
  summary: 'Show what this Mac can do, and why not where it cannot. Asks nobody, sends nothing.',
  options: [{ flags: '--json', description: 'print it as one JSON line' }],
  examples: ['bluerelay capabilities', 'bluerelay capabilities --json'],
  async run(context, options) {
    const { print, tell } = context;
    const ofAgent = await askAgent(context);
    const { macos, permissions, actions } = ofAgent ?? (await lookHere(context));
    if (options.json) {
      print(JSON.stringify({ agent: ofAgent ? 'running' : 'not_running', macos, permissions, actions }));
    } else {
      print(`macOS ${macos}`);
      for (const { component, status, detail, fix } of permissions)
        print(`  ${component.padEnd(24)} ${status.padEnd(8)} ${detail}${fix ? `. ${fix}` : ''}`);
      for (const { action, method, macos: range, reason, calibrated } of actions)
        print(
          `  ${action.padEnd(17)} ${method.padEnd(11)} ${`macOS ${range}`.padEnd(15)} ${`calibrated: ${calibrated}`.padEnd(18)} ${reason}`,
        );
    }
    if (!ofAgent)
      tell(
        'The agent does not run: permissions are those of this program, and those of the agent may differ.',
      );
    return 0;
  },
};

/** What the agent that runs finds; undefined where none does. */
async function askAgent({ config, clock }: CommandContext): Promise<CapabilitiesAnswer | undefined> {
  try {
    return capabilitiesAnswerSchema.parse(await control.ask(config.home, clock, 'capabilities'));
  } catch (error) {
    if (errorCode(error) === 'agent_not_running') return undefined;
    throw error;
  }
}

async function lookHere(context: CommandContext): Promise<CapabilitiesAnswer> {
  const care = await openOwnCare(context);
  const { macos, capabilities } = care;
  try {
    return { macos, permissions: [...capabilities.permissions()], actions: [...capabilities.current()] };
  } finally {
    await care.stop(new AbortController().signal);
  }
}
