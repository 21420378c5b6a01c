import { describe, expect, test } from 'vitest';
import type { SceneName } from '../../agent/virtual-mac/days/days.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { compareWithLedger } from '../support/day-ledger.ts';
import { playRandomDay } from '../support/random-day.ts';

/** The seed of the first day; those of the others follow it. A failing day names its own. */
const SEED = Number(process.env.DAYS_SEED ?? 20_260_101);
const COUNT = Number(process.env.DAYS_COUNT ?? 12);
const OPERATIONS = Number(process.env.DAYS_OPERATIONS ?? 300);

/** What may happen in the days; all of it unless told. */
const ONLY = process.env.DAYS_SCENES?.split(',') as SceneName[] | undefined;

describe.each(Array.from({ length: COUNT }, (_, index) => SEED + index))('the day of seed %i', (seed) => {
  const macos = macosReleases[seed % macosReleases.length] ?? '26';
  test(`on macOS ${macos} is told exactly`, async () => {
    const day = await playRandomDay({ seed, operations: OPERATIONS, macos, ...(ONLY && { only: ONLY }) });
    const wrong = compareWithLedger(day.ledger, day.told, day.looked);
    expect(wrong, `DAYS_SEED=${seed} DAYS_COUNT=1, ${day.kills} kills`).toEqual([]);
  });
});
