import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assess, type Signals } from '../../agent/health/assess.ts';
import { advance, type Course, pausedUntil, shareOfCaps, WELL } from '../../agent/health/course.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1);

const signals = (more: Partial<Signals> = {}): Signals => ({
  outcomes: [],
  signedOut: false,
  connectingSince: null,
  refused: [],
  lastInboundAt: NOW - HOUR,
  sentLately: 0,
  ...more,
});

const outcome = (delivered: boolean, error = 0, at = NOW - HOUR) => ({ at, delivered, error });
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('assess', () => {
  test.each<[string, Partial<Signals>, string, boolean]>([
    ['nothing known', {}, 'healthy', false],
    ['all delivered', { outcomes: many(20, outcome(true)) }, 'healthy', false],
    ['two failures', { outcomes: [outcome(true), ...many(2, outcome(false, 3))] }, 'healthy', false],
    ['three failures in a row', { outcomes: many(3, outcome(false, 3)) }, 'at_risk', false],
    ['five failures in a row', { outcomes: many(5, outcome(false, 3)) }, 'critical', true],
    [
      'five failures, then a delivery',
      { outcomes: [...many(5, outcome(false, 3)), outcome(true)] },
      'healthy',
      false,
    ],
    ['five that are not on iMessage', { outcomes: many(5, outcome(false, 22)) }, 'healthy', false],
    [
      'half not on iMessage',
      { outcomes: [...many(10, outcome(true)), ...many(10, outcome(false, 22))] },
      'critical',
      false,
    ],
    [
      'a third not delivered',
      { outcomes: [...many(13, outcome(true)), ...many(7, outcome(false))] },
      'at_risk',
      false,
    ],
    [
      'most not delivered',
      { outcomes: [...many(4, outcome(true)), ...many(16, outcome(false))] },
      'critical',
      true,
    ],
    ['not delivered yet', { outcomes: many(20, outcome(false, 0, NOW - 60_000)) }, 'healthy', false],
    ['signed out', { signedOut: true }, 'critical', true],
    ['nobody can tell whether it is', { signedOut: undefined }, 'healthy', false],
    ['it connects', { signedOut: undefined, connectingSince: NOW - 9 * 60_000 }, 'healthy', false],
    ['it does not connect', { signedOut: undefined, connectingSince: NOW - 10 * 60_000 }, 'at_risk', false],
    ['a permission is lost', { refused: ['automation_messages'] }, 'critical', false],
    ['silence', { lastInboundAt: NOW - 3 * DAY, sentLately: 20 }, 'at_risk', false],
    ['silence of a line that is not used', { lastInboundAt: null, sentLately: 19 }, 'healthy', false],
  ])('%s', (_, more, health, suspected) => {
    const told = assess(signals(more), NOW);
    expect(told.health).toBe(health);
    expect(told.suspicion !== null).toBe(suspected);
    expect(told.reasons.length > 0).toBe(health !== 'healthy');
  });

  test('more deliveries never make it worse', () => {
    const outcomes = fc.array(
      fc.record({ at: fc.constant(NOW - HOUR), delivered: fc.boolean(), error: fc.constantFrom(0, 3, 22) }),
      { maxLength: 60 },
    );
    const rank = ['healthy', 'at_risk', 'critical'];
    fc.assert(
      fc.property(outcomes, fc.nat(20), (outcomes, more) => {
        const before = assess(signals({ outcomes }), NOW);
        const after = assess(signals({ outcomes: [...outcomes, ...many(more + 20, outcome(true))] }), NOW);
        // Too few to judge by become enough: only a line that was judged can be compared.
        if (outcomes.length >= 10)
          expect(rank.indexOf(after.health)).toBeLessThanOrEqual(rank.indexOf(before.health));
      }),
    );
  });
});

/** The share of proactive messages that may leave: none during a pause. */
const shareAt = (course: Course, now: number): number =>
  pausedUntil(course) === null ? shareOfCaps(course, now) : 0;

/** The most that may leave so long after the last sign. */
const mostAfter = (ms: number): number => (ms < DAY ? 0 : Math.min(1, 0.25 * Math.floor(ms / DAY)));

describe('the course of a line', () => {
  const sign = { suspicion: 'five in a row' };
  const none = { suspicion: null };

  test('a suspicion pauses for a day after its last sign, then the caps come back in quarters', () => {
    let course: Course = advance(WELL, sign, NOW);
    expect(pausedUntil(course)).toBe(NOW + DAY);
    course = advance(course, sign, NOW + HOUR);
    expect(course).toMatchObject({ state: 'suspected', since: NOW, until: NOW + HOUR + DAY });
    course = advance(course, none, NOW + DAY);
    expect(pausedUntil(course)).toBe(NOW + HOUR + DAY);
    course = advance(course, none, NOW + 2 * DAY);
    expect(course).toEqual({ state: 'recovering', since: NOW + HOUR + DAY });
    expect(pausedUntil(course)).toBeNull();
    const shares = [0, 1, 2].map((day) => shareOfCaps(course, NOW + HOUR + DAY + day * DAY));
    expect(shares).toEqual([0.25, 0.5, 0.75]);
    expect(advance(course, sign, NOW + 3 * DAY).state).toBe('suspected');
    course = advance(course, none, NOW + HOUR + 4 * DAY);
    expect(course).toEqual(WELL);
    expect(shareOfCaps(course, NOW)).toBe(1);
  });

  test('whatever comes, the share of the caps never grows by more than a quarter a day', () => {
    const looks = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 2 * DAY }), sign: fc.boolean() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(looks, (looks) => {
        let course: Course = WELL;
        let now = NOW;
        let paused = Number.NEGATIVE_INFINITY;
        for (const { wait, sign: isSign } of looks) {
          now += wait;
          course = advance(course, isSign ? sign : none, now);
          if (isSign) paused = now;
          expect(shareAt(course, now)).toBeLessThanOrEqual(mostAfter(now - paused));
        }
      }),
    );
  });
});
