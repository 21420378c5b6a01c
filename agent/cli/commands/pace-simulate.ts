import { readFileSync } from 'node:fs';
import { AppError, errorCode } from '../../../bridge/runtime/app-error.ts';
import { pacingSimulation } from '../../pacing/pacing.ts';
import type { Command } from '../command.ts';

const MOST_DAYS = 366;
const LATEST_DAY = 10_000;

/** `bluerelay pace simulate`: what the line would make of a load, day by day, by the pacing of this home. */
export const paceSimulateCommand: Command = {
  name: 'pace simulate',
  summary: 'Show what the pacing of this line would make of a load, without sending anything.',
  options: [
    {
      flags: '--load <file>',
      description:
        'CSV with the header day,time,event,conversation,count,priority, or a JSON array of such objects: ' +
        'day is *, 3 or 3-7, counted from the first that is simulated; event is send or receive; {day} and {n} in conversation stand for numbers',
      required: true,
    },
    { flags: '--days <n>', description: 'how many days', default: '30' },
    { flags: '--from <date>', description: 'date of the first day; today when absent' },
    {
      flags: '--from-day <n>',
      description:
        'which day of the line the first is, 1 for a new line; when absent the day that this line is at on that date',
    },
    { flags: '--json', description: 'print the days as one JSON line' },
  ],
  examples: [
    'bluerelay pace simulate --load load.csv',
    'bluerelay pace simulate --from-day 1 --days 14 --load load.json --json',
  ],
  async run({ config, clock, print }, options) {
    const days = dayOf('--days', options.days, MOST_DAYS);
    const fromDay =
      options.fromDay === undefined ? undefined : dayOf('--from-day', options.fromDay, LATEST_DAY);
    const from = typeof options.from === 'string' ? options.from : undefined;
    const { simulation, lines } = pacingSimulation(config.home, {
      load: readLoad(String(options.load)),
      days,
      from,
      fromDay,
      now: clock.now(),
    });
    if (options.json) print(JSON.stringify({ days: simulation.days, waiting: simulation.waiting }));
    else for (const line of lines) print(line);
    return undefined;
  },
};

function dayOf(flag: string, value: unknown, most: number): number {
  const day = Number(value);
  if (Number.isInteger(day) && day >= 1 && day <= most) return day;
  throw new AppError(`${flag} takes a number from 1 to ${most}`, { code: 'invalid_option', retry: 'never' });
}

function readLoad(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError(`The load ${file} cannot be read: ${errorCode(error)}`, {
      code: 'invalid_option',
      retry: 'never',
      hint: 'Name a file with --load; what stands in it tells: bluerelay pace simulate --help.',
      cause: error,
    });
  }
}
