import { control } from '../../control/control.ts';
import { commandSummarySchema } from '../../outbox/types.ts';
import type { Command } from '../command.ts';

/** `bluerelay outbox cancel`: an operator takes back a command that waits. */
export const outboxCancelCommand: Command = {
  name: 'outbox cancel',
  summary: 'Take back a command that waits: it is not sent, and its sender is told.',
  options: [
    { flags: '--id <id>', description: 'id of the command', required: true },
    { flags: '--json', description: 'print the command as one JSON line' },
  ],
  examples: ['bluerelay outbox cancel --id cmd_01jd…'],
  async run({ config, clock, print, tell }, options) {
    const answer = await control.ask(config.home, clock, 'outbox.cancel', { id: options.id });
    const command = commandSummarySchema.parse(answer);
    if (options.json) print(JSON.stringify(command));
    else tell(`${command.id} is ${command.state}.`);
    return undefined;
  },
};
