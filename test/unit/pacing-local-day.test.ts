import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayNumber, localDay, momentOf, quietUntil, wallTime } from '../../agent/pacing/local-day.ts';

const HOUR = 3_600_000;
const zones = fc.constantFrom(
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'America/Santiago',
  'Africa/Cairo',
  'Australia/Lord_Howe',
);
const moments = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });

test('days follow each other without gaps, and every moment lies in its day', () => {
  fc.assert(
    fc.property(zones, moments, (zone, at) => {
      const day = localDay(at, zone);
      expect(day.startsAt).toBeLessThanOrEqual(at);
      expect(day.endsAt).toBeGreaterThan(at);
      expect([23, 23.5, 24, 24.5, 25]).toContain((day.endsAt - day.startsAt) / HOUR);
      const next = localDay(day.endsAt, zone);
      expect(next.startsAt).toBe(day.endsAt);
      expect(dayNumber(next.date, day.date)).toBe(2);
      expect(localDay(day.endsAt - 1, zone).date).toBe(day.date);
    }),
    { numRuns: 500 },
  );
});

test('the days of New York, in which clocks leap, are 23 and 25 hours long', () => {
  const hours = (date: string): number => {
    const day = localDay(Date.parse(`${date}T12:00:00-05:00`), 'America/New_York');
    expect(day.date).toBe(date);
    return (day.endsAt - day.startsAt) / HOUR;
  };
  expect(hours('2026-03-08')).toBe(23);
  expect(hours('2026-11-01')).toBe(25);
  expect(hours('2026-07-01')).toBe(24);
});

test('a time that clocks leap over is the leap', () => {
  const moment = momentOf(Date.UTC(2026, 2, 8, 2, 30), 'America/New_York');
  expect(wallTime(moment, 'America/New_York')).toBe(Date.UTC(2026, 2, 8, 3, 0));
});

/** Zones with leaps of half an hour and of two hours, at midnight, and with offsets of a quarter. */
const oddZones = [
  'America/Havana',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
];

const formats = new Map(
  ['Europe/Berlin', 'America/Santiago', ...oddZones].map((zone) => [
    zone,
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }),
  ]),
);
/** What a wall clock shows without our code, by which quiet hours can be walked through. */
const shown = (at: number, zone: string): string => formats.get(zone)?.format(at) ?? '';

/** Noons of UTC before a leap. */
const leaps = [...formats.keys()].flatMap((zone) =>
  Array.from({ length: 365 }, (_, day) => Date.UTC(2026, 0, 1 + day, 12))
    .filter((noon) => shown(noon, zone) !== shown(noon + 24 * HOUR, zone))
    .map((noon) => [zone, noon] as const),
);

test.each([
  ['22:00', '08:00'],
  ['00:00', '03:00'],
  ['01:00', '02:30'],
  ['23:30', '00:30'],
])(
  'quiet hours from %s to %s end when the clock on the wall first says so, in nights with a leap too',
  (from, to) => {
    const quiet = (at: number, zone: string): boolean => {
      const time = shown(at, zone);
      return from < to ? time >= from && time < to : time >= from || time < to;
    };
    expect(leaps).toHaveLength(2 * formats.size);
    for (const [zone, noon] of leaps) {
      let end: number | undefined;
      for (let at = noon + 60 * HOUR; at >= noon - 6 * HOUR; at -= HOUR / 4) {
        const isQuiet = quiet(at, zone);
        if (!isQuiet) end = at;
        if (end !== undefined)
          expect([zone, at, quietUntil(at, { from, to }, zone)]).toEqual([
            zone,
            at,
            isQuiet ? end : undefined,
          ]);
      }
    }
  },
);

test('quiet hours end when they say, after the moment, and it is not quiet then', () => {
  const times = fc.record({ from: fc.nat(23), to: fc.nat(23) });
  const write = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
  fc.assert(
    fc.property(zones, moments, times, (zone, at, { from, to }) => {
      const hours = { from: write(from), to: write(to) };
      const until = quietUntil(at, hours, zone);
      if (until === undefined) return;
      expect(until).toBeGreaterThan(at);
      expect(until - at).toBeLessThanOrEqual(25 * HOUR);
      expect(quietUntil(until, hours, zone)).toBeUndefined();
    }),
    { numRuns: 500 },
  );
  const night = { from: '22:00', to: '08:00' };
  expect(quietUntil(Date.parse('2026-07-01T23:00:00-04:00'), night, 'America/New_York')).toBe(
    Date.parse('2026-07-02T08:00:00-04:00'),
  );
  expect(quietUntil(Date.parse('2026-07-01T12:00:00-04:00'), night, 'America/New_York')).toBeUndefined();
});
