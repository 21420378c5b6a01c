import { describe, expect, test } from 'vitest';
import type { SceneName } from '../../agent/virtual-mac/days/days.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { compareWithLedger } from '../support/day-ledger.ts';
import { whole } from '../support/extent.ts';
import { playRandomDay } from '../support/random-day.ts';

/** The seed of the first day; those of the others follow it. A failing day names its own. */
const SEED = Number(process.env.DAYS_SEED ?? 20_260_101);
const COUNT = Number(process.env.DAYS_COUNT ?? (whole ? 120 : 12));
const OPERATIONS = Number(process.env.DAYS_OPERATIONS ?? 300);
/** Operations of one long day, which is left out where days are chosen. */
const LONG = whole ? 10_000 : 2_000;

/** What may happen in the days; all of it unless told. */
const ONLY = process.env.DAYS_SCENES?.split(',') as SceneName[] | undefined;

const macosOf = (seed: number): MacosRelease => macosReleases[seed % macosReleases.length] ?? '26';

async function isToldExactly(seed: number, operations: number): Promise<void> {
  const macos = macosOf(seed);
  const day = await playRandomDay({ seed, operations, macos, ...(ONLY && { only: ONLY }) });
  const wrong = compareWithLedger(day.ledger, day.told, day.looked);
  const how = `DAYS_SEED=${seed} DAYS_COUNT=1 DAYS_OPERATIONS=${operations}`;
  expect(wrong, `${how}, macOS ${macos}, ${day.kills} kills`).toEqual([]);
}

describe.each(Array.from({ length: COUNT }, (_, index) => SEED + index))('the day of seed %i', (seed) => {
  test(`on macOS ${macosOf(seed)} is told exactly`, () => isToldExactly(seed, OPERATIONS), 600_000);
});

test.skipIf(process.env.DAYS_COUNT !== undefined)(
  `a day of ${LONG} operations is told exactly`,
  () => isToldExactly(SEED, LONG),
  1_800_000,
);
