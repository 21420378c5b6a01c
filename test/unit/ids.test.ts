import { expect, test } from 'vitest';
import { newId } from '../../bridge/runtime/ids.ts';

const NOW = Date.UTC(2026, 0, 1);
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** The number that an id writes. */
const numberOf = (id: string): bigint =>
  [...id.slice(id.indexOf('_') + 1)].reduce((sum, digit) => sum * 32n + BigInt(DIGITS.indexOf(digit)), 0n);

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('ids sort by their making, within one millisecond and over several', () => {
  const made = [0, 0, 1, 1, 2].flatMap((ms) => times(2_000, () => newId('msg', NOW + ms)));
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(/^msg_[0-9a-hjkmnp-tv-z]{26}$/);
});

test('an id holds its time', () => {
  for (const time of [0, 1, NOW, 2 ** 48 - 1]) expect(Number(numberOf(newId('evt', time)) >> 80n)).toBe(time);
});

test('an id says nothing of the next: their distance within a millisecond is random, of 56 bits', () => {
  const numbers = times(1_000, () => numberOf(newId('msg', NOW + 10)));
  const steps = numbers.slice(1).map((number, i) => number - (numbers[i] ?? 0n));
  expect(new Set(steps).size).toBe(steps.length);
  for (const step of steps) expect(step > 0n && step <= 2n ** 56n).toBe(true);
  for (const bit of times(56, BigInt)) {
    const ones = steps.filter((step) => ((step - 1n) >> bit) & 1n).length;
    expect(ones, `bit ${bit}`).toBeGreaterThan(350);
    expect(ones, `bit ${bit}`).toBeLessThan(650);
  }
});

test('the first ids of two milliseconds have nothing in common but their time', () => {
  const firsts = times(1_000, (i) => numberOf(newId('msg', NOW + 100 + i)) & (2n ** 80n - 1n));
  expect(new Set(firsts.map((first) => first >> 48n)).size).toBeGreaterThan(990);
});
