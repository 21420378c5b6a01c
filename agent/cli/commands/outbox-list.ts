import { z } from 'zod';
import { control } from '../../control/control.ts';
import { commandSummarySchema } from '../../outbox/types.ts';
import type { Command } from '../command.ts';

const states = commandSummarySchema.shape.state.options;

/** `bluerelay outbox list`: the commands that the agent has not finished, or those in one state. */
export const outboxListCommand: Command = {
  name: 'outbox list',
  summary: 'List the commands of the outbox that are not finished.',
  options: [
    { flags: '--state <state>', description: `only those: ${states.join(', ')}` },
    { flags: '--json', description: 'print them as a JSON array' },
  ],
  examples: ['bluerelay outbox list', 'bluerelay outbox list --state uncertain --json'],
  async run({ config, clock, print, tell }, options) {
    const params = options.state === undefined ? {} : { state: options.state };
    const answer = await control.ask(config.home, clock, 'outbox.list', params);
    const commands = z.array(commandSummarySchema).parse(answer);
    if (options.json) print(JSON.stringify(commands));
    else if (commands.length === 0) tell('Nothing is waiting.');
    else
      for (const { id, state, to, updatedAt, error } of commands)
        print([id, state.padEnd(10), updatedAt, to ?? '-', error?.code ?? ''].join('  ').trimEnd());
    return undefined;
  },
};
