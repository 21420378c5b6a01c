import { readFileSync } from 'node:fs';
import { AppError, errorCode } from '../../../bridge/runtime/app-error.ts';
import { pacingSimulation } from '../../pacing/pacing.ts';
import type { Command } from '../command.ts';

const MOST_DAYS = 366;

/** `bluerelay pace simulate`: what the line would make of a load, day by day, by the pacing of this home. */
export const paceSimulateCommand: Command = {
  name: 'pace simulate',
  summary: 'Show what the pacing of this line would make of a load, without sending anything.',
  options: [
    {
      flags: '--load <file>',
      description:
        'CSV with the header day,time,event,conversation,count,priority, or a JSON array of such objects: ' +
        'day is *, 3 or 3-7; event is send or receive; {day} and {n} in conversation stand for numbers',
      required: true,
    },
    { flags: '--days <n>', description: 'days of the line, from its first', default: '30' },
    { flags: '--from <date>', description: 'date of the first day; today when absent' },
    { flags: '--json', description: 'print the days as one JSON line' },
  ],
  examples: [
    'bluerelay pace simulate --load load.csv',
    'bluerelay pace simulate --days 14 --load load.json --json',
  ],
  async run({ config, clock, print }, options) {
    const days = Number(options.days);
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
      throw new AppError(`--days takes a number from 1 to ${MOST_DAYS}`, {
        code: 'invalid_option',
        retry: 'never',
      });
    const from = typeof options.from === 'string' ? options.from : undefined;
    const { simulation, lines } = pacingSimulation(config.home, {
      load: readLoad(String(options.load)),
      days,
      from,
      now: clock.now(),
    });
    if (options.json) print(JSON.stringify({ days: simulation.days, waiting: simulation.waiting }));
    else for (const line of lines) print(line);
    return undefined;
  },
};

function readLoad(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError(`The load ${file} cannot be read: ${errorCode(error)}`, {
      code: 'invalid_option',
      retry: 'never',
      cause: error,
    });
  }
}
