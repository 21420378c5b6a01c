import path from 'node:path';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { planPlay, playNext } from '../../virtual-mac/virtual-mac.ts';
import type { Command, CommandOptions } from '../command.ts';

/** So often people are told how far the day is, in operations. */
const TELL_EVERY = 100;
const MAX_OPERATIONS = 100_000;
const MAX_SEED = 2 ** 32 - 1;

/** `bluerelay virtual-mac play`: a random day of Messages on a running virtual Mac, with the ledger of what is true. */
export const virtualMacPlayCommand: Command = {
  name: 'virtual-mac play',
  summary: 'Play a random day of Messages on a running virtual Mac, and print what an observer must tell.',
  options: [
    { flags: '--seed <number>', description: 'the same day for the same number (default: drawn)' },
    { flags: '--operations <count>', description: 'at least so many writes of Messages', default: '200' },
    { flags: '--speed <times>', description: 'how many times faster than life', default: '1' },
    { flags: '--longest-pause <seconds>', description: 'cut longer pauses to this', default: '5' },
    {
      flags: '--home <folder>',
      description: 'home folder of the virtual Mac (default: BLUERELAY_VIRTUAL_MAC, else that of npm start)',
    },
    { flags: '--json', description: 'print the ledger, one JSON line a fact' },
  ],
  examples: [
    'bluerelay virtual-mac play --seed 7 --operations 500 --json',
    'bluerelay virtual-mac play --home ./mac --speed 10',
  ],
  async run({ config, clock, print, tell }, options) {
    const home = typeof options.home === 'string' ? path.resolve(options.home) : config.virtualMacHome;
    const seed = options.seed === undefined ? undefined : whole(options, 'seed', 0, MAX_SEED);
    const wanted = whole(options, 'operations', 1, MAX_OPERATIONS);
    const speed = positive(options, 'speed', 'speed');
    const longest = positive(options, 'longestPause', 'longest-pause') * 1_000;

    const plan = await planPlay(home, { operations: wanted, ...(seed !== undefined && { seed }) });
    tell(`Playing ${plan.operations} operations of seed ${plan.seed}.`);
    let facts = 0;
    for (let pause: number | null = 0; pause !== null; ) {
      const part = await playNext(home, 1);
      facts += part.facts.length;
      if (options.json) for (const fact of part.facts) print(JSON.stringify(fact));
      if (part.played % TELL_EVERY === 0) tell(`  ${part.played} of ${plan.operations}, ${facts} facts`);
      pause = part.pause;
      const wait = Math.min((pause ?? 0) / speed, longest);
      if (wait >= 1) await clock.sleep(wait);
    }
    tell(`Played ${plan.operations} operations; ${facts} facts to be told or to be kept quiet about.`);
    return undefined;
  },
};

function whole(options: CommandOptions, param: string, low: number, high: number): number {
  const value = Number(options[param]);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw invalid(param, `Use a whole number from ${low} to ${high}.`);
}

function positive(options: CommandOptions, name: string, param: string): number {
  const value = Number(options[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw invalid(param, 'Use a number above 0.');
}

function invalid(param: string, hint: string): AppError {
  return new AppError(`--${param} is missing or not valid`, {
    code: 'invalid_parameter_value',
    retry: 'never',
    param,
    hint,
  });
}
