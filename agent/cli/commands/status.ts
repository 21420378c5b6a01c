import { agentErrors } from '../../../bridge/protocol/errors.ts';
import { errorCode } from '../../../bridge/runtime/app-error.ts';
import { control } from '../../control/control.ts';
import { type AgentStatus, agentStatusSchema } from '../../control/types.ts';
import type { Command } from '../command.ts';

const NOT_RUNNING = 3;
const LINK_DOWN = 4;
const REFUSED = 5;

/** `bluerelay status`: how the running agent is. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'Show how the running agent is.',
  options: [{ flags: '--json', description: 'print it as one JSON line' }],
  examples: ['bluerelay status', 'bluerelay status --json'],
  exitCodes: `
Exit codes:
  0  the agent runs and its link to the bridge is open
  1  failed; stderr says why
  2  wrong usage
  ${NOT_RUNNING}  the agent does not run
  ${LINK_DOWN}  the agent runs, and its link is not open
  ${REFUSED}  the agent runs, and the bridge refuses it until a person mends that`,
  async run({ config, clock, print, tell }, options) {
    const asked = await askOrNothing(() => control.ask(config.home, clock, 'status'));
    if (asked === undefined) {
      const { hint } = agentErrors.agent_not_running;
      const error = { code: 'agent_not_running', message: 'The agent does not run', hint };
      if (options.json) print(JSON.stringify({ error }));
      tell(`Error: ${error.message}`);
      tell(`Try: ${hint}`);
      return NOT_RUNNING;
    }
    const status = agentStatusSchema.parse(asked);
    if (options.json) print(JSON.stringify(status));
    else for (const line of lines(status)) print(line);
    if (status.link.state === 'refused') return REFUSED;
    return status.link.state === 'open' ? 0 : LINK_DOWN;
  },
};

/** The agent's answer, or undefined when it does not run. */
async function askOrNothing(question: () => Promise<unknown>): Promise<unknown> {
  try {
    return await question();
  } catch (error) {
    if (errorCode(error) === 'agent_not_running') return undefined;
    throw error;
  }
}

function lines(status: AgentStatus): string[] {
  const { link, mac, journal, messages } = status;
  const commands = Object.entries(journal.commands)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  const why = link.lastEnd ? `; last ended: ${link.lastEnd.meaning ?? link.lastEnd.code}` : '';
  return [
    `agent     ${status.agentId} (pid ${status.pid}, version ${status.version}) since ${status.startedAt}`,
    `line      ${status.line.handle} (${status.line.id})`,
    ...(status.line.banned
      ? ['          banned: nothing leaves until, on the bridge, bluerelay-bridge line unban']
      : []),
    `mac       macOS ${mac.macos}, ${mac.sendingAllowed ? 'may send' : 'reads only (no --allow-sending)'}`,
    ...(mac.recovery === 'well' ? [] : [`recovery  Messages is being brought back: ${mac.recovery}`]),
    `link      ${link.state} since ${link.since}${link.state === 'open' ? '' : why}`,
    ...(link.mend ? [`          ${link.mend}`] : []),
    ...(link.retryAt ? [`          next attempt ${link.retryAt}`] : []),
    `messages  ${messages.state}; last received ${messages.lastReceivedAt ?? 'never'}`,
    `outbox    ${commands.join(', ') || 'empty'}${link.mayAct ? '' : '; acts on nothing until the bridge takes this agent'}`,
    `events    ${journal.unacknowledgedEvents} not yet taken by the bridge`,
    ...[messages.problem, journal.problem].flatMap((problem) =>
      problem ? [`problem   ${problem.message}. ${problem.hint ?? ''}`.trimEnd()] : [],
    ),
  ];
}
