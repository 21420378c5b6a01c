import { expect, test } from 'vitest';
import { LookupMemory, MOST_ASKED } from '../../bridge/core/lookup-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR_MS = 3_600_000;

test('a yes holds for a day, a no for an hour, and what nobody can tell not at all', async () => {
  const clock = new ManualClock();
  const memory = new LookupMemory(clock);
  const answer = { source: 'history', seenAt: 0, checkedAt: clock.now() } as const;
  memory.keep('l', 'yes', { ...answer, imessage: 'yes' });
  memory.keep('l', 'no', { ...answer, imessage: 'no' });
  memory.keep('l', 'unknown', { ...answer, imessage: 'unknown' });
  const known = () => ['yes', 'no', 'unknown'].filter((handle) => memory.find('l', handle));
  expect(known()).toEqual(['yes', 'no']);
  expect(memory.find('other', 'yes')).toBeUndefined();
  await clock.advance(HOUR_MS);
  expect(known()).toEqual(['yes']);
  await clock.advance(23 * HOUR_MS - 1);
  expect(known()).toEqual(['yes']);
  await clock.advance(1);
  expect(known()).toEqual([]);
});

test('the oldest of too many answers is forgotten', () => {
  const clock = new ManualClock();
  const memory = new LookupMemory(clock);
  const answer = { imessage: 'yes', source: 'history', seenAt: 0, checkedAt: clock.now() } as const;
  for (let index = 0; index < 20_001; index += 1) memory.keep('l', `h${index}`, answer);
  expect(memory.find('l', 'h0')).toBeUndefined();
  expect(memory.find('l', 'h1')).toEqual(answer);
});

test('each line has its own hour', async () => {
  const clock = new ManualClock();
  const memory = new LookupMemory(clock);
  memory.count('a', MOST_ASKED);
  memory.count('b', MOST_ASKED - 1);
  memory.count('b', 1);
  await clock.advance(HOUR_MS / 2);
  const refused = {
    code: 'lookup_rate_limited',
    details: { lineId: 'a', cap: MOST_ASKED, used: MOST_ASKED, retryAfterSeconds: 1_800 },
  };
  expect(() => memory.count('a', 1)).toThrow(expect.objectContaining(refused));
  await clock.advance(HOUR_MS / 2);
  memory.count('a', MOST_ASKED);
});
