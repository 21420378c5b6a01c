import { appendFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { runSeed } from '../chaos/run.ts';
import { clearSeedbed } from '../chaos/seedbed.ts';

/** How many seeds, from which on; set by `npm run chaos`. */
const count = Number(process.env.CHAOS_SEEDS ?? 3);
const first = Number(process.env.CHAOS_SEED ?? 1);
/** Where results are appended, one JSON line for each seed; nowhere unless told. */
const report = process.env.CHAOS_REPORT;

/** Longer than all bounds within a run together. */
const RUN_WITHIN_MS = 1_800_000;

afterAll(clearSeedbed);

test.concurrent.for(Array.from({ length: count }, (_, i) => first + i))(
  'seed %i: nothing is lost, nothing comes twice',
  { timeout: RUN_WITHIN_MS },
  async (seed) => {
    const result = await runSeed(seed);
    if (report) appendFileSync(report, `${JSON.stringify(result)}\n`);
    expect(result.violations, result.description).toEqual([]);
  },
);
