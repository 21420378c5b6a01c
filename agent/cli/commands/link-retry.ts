import { control } from '../../control/control.ts';
import type { Command } from '../command.ts';

/** `bluerelay link retry`: somebody mended what kept the agent from its bridge. */
export const linkRetryCommand: Command = {
  name: 'link retry',
  summary: 'Connect to the bridge now, whatever the agent waits for.',
  options: [{ flags: '--json', description: 'print one JSON line' }],
  examples: ['bluerelay link retry'],
  async run({ config, clock, print, tell }, options) {
    const { state } = (await control.ask(config.home, clock, 'link.retry')) as { state: string };
    const dialling = state !== 'open';
    if (options.json) print(JSON.stringify({ dialling }));
    else tell(dialling ? 'The agent dials; see it with: bluerelay status' : 'The link is open.');
    return undefined;
  },
};
