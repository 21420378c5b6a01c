import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AttemptOutcome,
  afterAttempt,
  type DeliveryPosition,
  MAX_ATTEMPTS,
  RETRY_DELAYS_MS,
} from '../../bridge/webhooks/delivery-states.ts';

const fresh: DeliveryPosition = { state: 'pending', attempts: 0, nextAttemptAt: 0, lastStatus: null };

const answered = (status: number, retryAfterMs?: number): AttemptOutcome => ({
  kind: 'answered',
  status,
  retryAfterMs,
});

const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 100, max: 599 }), fc.option(fc.nat(1e9), { nil: undefined }))
    .map(([status, retryAfterMs]) => answered(status, retryAfterMs)),
  fc.constant<AttemptOutcome>({ kind: 'failed', code: 'timeout' }),
  fc.constant<AttemptOutcome>({ kind: 'abandoned' }),
);

test('the schedule spans 27.6 hours in eight attempts', () => {
  expect(MAX_ATTEMPTS).toBe(8);
  expect(RETRY_DELAYS_MS.map((ms) => ms / 1_000)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
});

test('any run of outcomes ends, counts every attempt once and never goes back', () => {
  fc.assert(
    fc.property(
      fc.array(outcome, { maxLength: 40 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (outcomes, random) => {
        let now = 1_000;
        let position = fresh;
        let made = 0;
        for (const each of outcomes) {
          if (position.state !== 'pending') break;
          now = Math.max(now, position.nextAttemptAt);
          const next = afterAttempt(position, each, now, random);
          if (each.kind === 'abandoned') expect(next).toEqual(position);
          else made += 1;
          expect(next.attempts).toBe(made);
          expect(next.attempts).toBeLessThanOrEqual(MAX_ATTEMPTS);
          if (next.state === 'pending' && each.kind !== 'abandoned') {
            const delay = RETRY_DELAYS_MS[made - 1] ?? Number.NaN;
            expect(next.nextAttemptAt - now).toBeGreaterThanOrEqual(Math.floor(delay * 0.9));
            expect(next.nextAttemptAt - now).toBeLessThanOrEqual(36_000_000 * 1.1);
          }
          if (next.state === 'delivered')
            expect(next.lastStatus).toSatisfy((s: number) => s >= 200 && s < 300);
          position = next;
        }
        if (made === MAX_ATTEMPTS) expect(position.state).not.toBe('pending');
      },
    ),
  );
});

test('jitter is ten percent either way', () => {
  const at = (random: number): number => afterAttempt(fresh, answered(500), 0, random).nextAttemptAt;
  expect([at(0), at(0.5), at(0.999_999)]).toEqual([4_500, 5_000, 5_500]);
});

test('Retry-After counts for 429 and 503 alone, never shortens, and has a bound', () => {
  const wait = (status: number, ms: number): number =>
    afterAttempt(fresh, answered(status, ms), 0, 0.5).nextAttemptAt;
  expect(wait(429, 60_000)).toBe(60_000);
  expect(wait(503, 60_000)).toBe(60_000);
  expect(wait(500, 60_000)).toBe(5_000);
  expect(wait(503, 1)).toBe(5_000);
  expect(wait(503, 1e12)).toBe(36_000_000);
});

test('410 is final, every other refusal is tried again', () => {
  expect(afterAttempt(fresh, answered(410), 7, 0.5)).toEqual({
    state: 'failed',
    attempts: 1,
    nextAttemptAt: 7,
    lastStatus: 410,
  });
  for (const status of [301, 307, 400, 401, 404, 500]) {
    expect(afterAttempt(fresh, answered(status), 0, 0.5)).toMatchObject({
      state: 'pending',
      lastStatus: status,
    });
  }
});
