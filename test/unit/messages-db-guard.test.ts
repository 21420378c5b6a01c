import { describe, expect, test } from 'vitest';
import type { LateRow } from '../../agent/messages-db/guard.ts';
import { Guard } from '../../agent/messages-db/guard.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1, 12);

/** A guard of an agent that was installed ten days ago, started `upFor` ago, and saw its newest row `quietFor` ago. */
function guard({ upFor = 10 * DAY, quietFor = MINUTE } = {}): Guard {
  const newest = NOW - quietFor;
  const memory = { since: NOW - 10 * DAY, newest, settled: newest, next: newest, nextAt: newest };
  return new Guard(memory, NOW - upFor);
}

const crowdOf = (subject: Guard, dates: number[]): LateRow[] =>
  dates.map((date) => {
    const late = subject.check(date, NOW);
    if (!late) throw new Error('on time');
    return late;
  });

const news = (subject: Guard, dates: number[]): number[] =>
  subject.judge(crowdOf(subject, dates), NOW).map(({ date }) => date);

const climbing = (from: number, count: number, step: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);

/** The same for the same seed. */
function scattered(count: number, oldest: number, newest: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return NOW - newest - (state / 2_147_483_647) * (oldest - newest);
  });
}

describe('rows on time', () => {
  test.each([0, MINUTE, 14 * MINUTE, -HOUR])('dated %i ms ago', (ago) => {
    expect(guard().check(NOW - ago, NOW)).toBeNull();
  });

  test('rows of the days that the Mac was off', () => {
    const back = guard({ upFor: 0, quietFor: 3 * DAY });
    for (const date of climbing(NOW - 3 * DAY + MINUTE, 100, HOUR / 2))
      expect(back.check(date, NOW)).toBeNull();
  });

  test('they may come in any order, also behind one that just happened', () => {
    const back = guard({ upFor: 0, quietFor: 3 * DAY });
    expect(back.check(NOW, NOW)).toBeNull();
    expect(back.check(NOW - 2 * DAY, NOW)).toBeNull();
  });
});

describe('replays', () => {
  test('thousands of old rows while the agent watches', () => {
    expect(news(guard(), scattered(3_500, 900 * DAY, HOUR))).toEqual([]);
  });

  test('the usual small burst of old rows', () => {
    expect(news(guard(), scattered(90, 60 * DAY, DAY))).toEqual([]);
    expect(news(guard(), scattered(12, 5 * DAY, DAY))).toEqual([]);
  });

  test('old rows that came while the agent was down for a moment', () => {
    expect(news(guard({ upFor: 0 }), scattered(300, 30 * DAY, HOUR))).toEqual([]);
  });

  test('rows older than a month, after whatever absence', () => {
    expect(news(guard({ upFor: 0, quietFor: 90 * DAY }), [NOW - 31 * DAY])).toEqual([]);
  });

  test('the end of one that came in the order of its dates, though it climbs to the present', () => {
    const subject = guard();
    const rows = climbing(NOW - 141 * HOUR, 140, HOUR);
    expect(news(subject, rows.slice(0, 100))).toEqual([]);
    expect(news(subject, rows.slice(100))).toEqual([]);
    expect(news(subject, [NOW - 2 * HOUR])).toEqual([]);
    expect(news(guard(), rows.slice(100))).toEqual(rows.slice(100));
    expect(news(new Guard(subject.memory, NOW - DAY), rows.slice(100))).toEqual([]);
    const later = NOW + 3 * MINUTE;
    const crowd = [{ date: NOW - 2 * HOUR, behind: true }];
    expect(subject.judge(crowd, later)).toEqual(crowd);
  });

  test('thousands of rows on a line where nothing happened for long', () => {
    expect(news(guard({ quietFor: 9 * DAY }), scattered(3_500, 8 * DAY, HOUR))).toEqual([]);
  });
});

describe('late rows that are news', () => {
  test('a few that were long on their way', () => {
    const dates = [NOW - 2 * HOUR, NOW - HOUR];
    expect(news(guard(), dates)).toEqual(dates);
  });

  test('those of hours without a network, while the agent watched', () => {
    const dates = climbing(NOW - 5 * HOUR, 150, 2 * MINUTE);
    const subject = guard({ quietFor: 5 * HOUR + MINUTE });
    const late = dates.filter((date) => subject.check(date, NOW) !== null);
    expect(late.length).toBeGreaterThan(100);
    expect(news(guard({ quietFor: 5 * HOUR + MINUTE }), late)).toEqual(late);
  });

  test('a busy line without a network: many, but in order and up to the present', () => {
    const dates = climbing(NOW - 5 * HOUR, 900, 19_000).filter((date) => date < NOW - 16 * MINUTE);
    expect(news(guard({ quietFor: 6 * HOUR }), dates)).toEqual(dates);
  });

  test('those of hours without a network, though a replay comes with them', () => {
    const dates = climbing(NOW - 100 * MINUTE, 5, 15 * MINUTE);
    const subject = guard({ quietFor: 2 * HOUR });
    const old = scattered(300, 60 * DAY, 2 * DAY);
    expect(news(subject, [...old, ...dates])).toEqual(dates);
    expect(news(subject, [...dates, ...old])).toEqual(dates);
  });

  test('those that Messages fetches after an own row was written already', () => {
    const dates = climbing(NOW - 3 * DAY, 20, 3.5 * HOUR);
    expect(news(guard({ upFor: 0 }), dates)).toEqual(dates);
  });
});

describe('what was there before', () => {
  test('a row on time counts as such only after a while, so that others of its time may follow', () => {
    const subject = guard({ quietFor: 8 * HOUR });
    expect(subject.check(NOW, NOW)).toBeNull();
    expect(subject.check(NOW - HOUR, NOW + 1_000)).toMatchObject({ behind: false });
    expect(subject.check(NOW + 30 * MINUTE, NOW + 30 * MINUTE)).toBeNull();
    expect(subject.check(NOW + 45 * MINUTE, NOW + 45 * MINUTE)).toBeNull();
    expect(subject.check(NOW - HOUR, NOW + 45 * MINUTE)).toMatchObject({ behind: true });
  });

  test('an own row says nothing of what others wrote meanwhile', () => {
    const subject = guard({ quietFor: 8 * HOUR });
    for (let ago = 3 * HOUR; ago >= 0; ago -= 30 * MINUTE)
      expect(subject.check(NOW - ago, NOW - ago, true)).toBeNull();
    expect(subject.check(NOW - 2 * HOUR, NOW)).toMatchObject({ behind: false });
    expect(subject.replayWithin(NOW - MINUTE + 1, NOW)).toBe(0);
  });

  test('a date in the future does not make everything else old', () => {
    const subject = guard();
    expect(subject.check(NOW + 400 * DAY, NOW)).toBeNull();
    expect(subject.memory.newest).toBeLessThanOrEqual(NOW);
  });

  test('what it remembers goes through JSON', () => {
    const subject = guard();
    subject.check(NOW, NOW);
    expect(JSON.parse(JSON.stringify(subject.memory))).toEqual(subject.memory);
  });
});

describe('content that is known', () => {
  test('counts for old rows within a second, for young ones at the very date, and not for what just came', () => {
    const subject = guard();
    expect(subject.check(NOW, NOW)).toBeNull();
    expect(subject.replayWithin(NOW - HOUR, NOW)).toBe(1_000);
    expect(subject.replayWithin(NOW - MINUTE, NOW)).toBeNull();
    expect(subject.replayWithin(NOW - MINUTE + 1, NOW)).toBe(0);
    expect(subject.replayWithin(NOW, NOW)).toBeNull();
    expect(subject.replayWithin(NOW - HOUR + 1, NOW)).toBe(1_000);
    expect(subject.replayWithin(NOW + 1_000, NOW)).toBeNull();
    expect(subject.replayWithin(NOW + HOUR, NOW)).toBe(1_000);
  });
});
