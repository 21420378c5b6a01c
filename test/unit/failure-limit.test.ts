import { expect, test } from 'vitest';
import { FailureLimit } from '../../bridge/api/agent/failure-limit.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('clients are counted apart, and windows end', async () => {
  const clock = new ManualClock();
  const limit = new FailureLimit({ clock, most: 2, windowMs: 1_000, clients: 10 });
  limit.failed('a');
  limit.failed('a');
  limit.failed('b');
  expect([limit.waitMs('a'), limit.waitMs('b'), limit.waitMs('c')]).toEqual([1_000, 0, 0]);
  await clock.advance(999);
  expect(limit.waitMs('a')).toBe(1);
  await clock.advance(1);
  expect(limit.waitMs('a')).toBe(0);
});

test('no more clients are remembered than allowed: the oldest goes', () => {
  const limit = new FailureLimit({ clock: new ManualClock(), most: 1, windowMs: 1_000, clients: 3 });
  for (const client of ['a', 'b', 'c', 'd']) limit.failed(client);
  expect(['a', 'b', 'c', 'd'].map((client) => limit.waitMs(client) > 0)).toEqual([false, true, true, true]);
});
