import { describe, expect, test } from 'vitest';
import { planOf } from '../chaos/plan.ts';
import { labels } from '../chaos/steps.ts';

const HOUR_MS = 3_600_000;
const SEEDS = Array.from({ length: 1_000 }, (_, i) => i + 1);

const stepsOf = (seeds: readonly number[]): Set<string> =>
  new Set(
    seeds.flatMap((seed) => planOf(seed).faults.flatMap((fault) => ('label' in fault ? [fault.label] : []))),
  );

describe('what a seed does', () => {
  test('follows from the seed alone', () => {
    for (const seed of [1, 2, 999]) expect(planOf(seed)).toEqual(planOf(seed));
    expect(planOf(1)).not.toEqual(planOf(2));
  });

  test('kills at every labelled step within the fifty seeds of CI, and within any fifty in a row', () => {
    expect(new Set(labels).size).toBe(labels.length);
    for (const first of [1, 20, 951])
      expect(stepsOf(SEEDS.slice(first - 1, first + 49))).toEqual(new Set(labels));
  });

  test('has every kind of fault, and leaves what nobody promises alone', () => {
    const kinds = new Set<string>();
    for (const seed of SEEDS) {
      const { faults, sends } = planOf(seed);
      for (const { kind } of faults) kinds.add(kind);
      expect(new Set(sends.map(({ text }) => text)).size).toBe(sends.length);
      const jumps = faults.filter((fault) => fault.kind === 'clock' && fault.machine === 'bridge');
      for (const jump of jumps)
        if (jump.kind === 'clock') expect(Math.abs(jump.byMs)).toBeLessThan(24 * HOUR_MS);
      expect(jumps.length).toBeLessThanOrEqual(1);
    }
    expect([...kinds].sort()).toEqual(
      [
        ...['apple-error', 'clock', 'cut', 'delay', 'disk', 'duplicate', 'ghost-row', 'half-open', 'hang'],
        ...['kill', 'late-join', 'not-running', 'restart', 'webhook'],
      ].sort(),
    );
  });
});
