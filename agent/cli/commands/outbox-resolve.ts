import { AppError } from '../../../bridge/runtime/app-error.ts';
import { control } from '../../control/control.ts';
import { commandSummarySchema } from '../../outbox/types.ts';
import type { Command } from '../command.ts';

/** `bluerelay outbox resolve`: an operator who looked into Messages says what an uncertain command was. */
export const outboxResolveCommand: Command = {
  name: 'outbox resolve',
  summary: 'Say what became of an uncertain command, after a look into Messages.',
  options: [
    { flags: '--id <id>', description: 'id of the command', required: true },
    { flags: '--as <what>', description: 'sent or not-sent: the part that was under way', required: true },
    { flags: '--json', description: 'print the command as one JSON line' },
  ],
  examples: ['bluerelay outbox resolve --id cmd_01jd… --as not-sent'],
  async run({ config, clock, print, tell }, options) {
    if (options.as !== 'sent' && options.as !== 'not-sent')
      throw new AppError('--as takes sent or not-sent', {
        code: 'invalid_option',
        retry: 'never',
        hint: 'See what is known of it with: bluerelay outbox show',
      });
    const answer = await control.ask(config.home, clock, 'outbox.resolve', {
      id: options.id,
      was: options.as,
    });
    const command = commandSummarySchema.parse(answer);
    if (options.json) print(JSON.stringify(command));
    else tell(`${command.id} is ${command.state}.`);
    return undefined;
  },
};
