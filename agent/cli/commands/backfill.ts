import { isoTime } from '../../../bridge/runtime/clock.ts';
import { type BackfillView, backfillViewSchema } from '../../backfill/types.ts';
import { control } from '../../control/control.ts';
import type { Command } from '../command.ts';
import { timeOption } from '../time-option.ts';

/** How often the running agent is asked how far it is. */
const LOOK_MS = 500;

/** `bluerelay backfill`: the running agent tells the bridge history that is wanted. */
export const backfillCommand: Command = {
  name: 'backfill',
  summary: 'Let the running agent tell the bridge messages that were received before, marked as backfill.',
  options: [
    {
      flags: '--since <time>',
      description: 'ISO 8601 date or time, or how long ago: 12h, 7d',
      required: true,
    },
    { flags: '--json', description: 'print the outcome as one JSON line' },
  ],
  examples: ['bluerelay backfill --since 7d', 'bluerelay backfill --since 2026-01-01 --json'],
  async run({ config, clock, print, tell, showProgress }, options) {
    const since = isoTime(timeOption('since', String(options.since), clock.now()));
    const ask = async (method: string, params?: unknown): Promise<BackfillView> =>
      backfillViewSchema.parse(await control.ask(config.home, clock, method, params));
    let view = await ask('backfill.start', { since });
    if (showProgress) tell('The agent goes on by itself if you stop this command.');
    while (view.finishedAt === null) {
      if (showProgress) tell(`${view.read} of ${view.rows} rows, ${view.told} messages told`);
      await clock.sleep(LOOK_MS);
      view = await ask('backfill.status');
    }
    if (options.json) print(JSON.stringify(view));
    else {
      const messages = `${view.told} ${view.told === 1 ? 'message' : 'messages'}`;
      print(
        `${messages} told to the bridge, which passes on what is new to it; ${view.read} rows since ${view.since}`,
      );
    }
    return undefined;
  },
};
