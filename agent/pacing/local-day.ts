const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

/** One calendar day of a time zone. Times are milliseconds since the Unix epoch. */
export interface LocalDay {
  /** `YYYY-MM-DD`. */
  date: string;
  startsAt: number;
  /** When the next day starts. */
  endsAt: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timezone, format);
  }
  return format;
}

/** What a wall clock shows, as if it were UTC. */
export function wallTime(at: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const dateOf = (wall: number): string => new Date(wall).toISOString().slice(0, 10);

/** The first moment at which a wall clock shows a time, or what comes after it where clocks leap over it. */
export function momentOf(wall: number, timezone: string): number {
  // Two guesses settle the offset, except within a leap, where the later one is after it.
  const first = wall - (wallTime(wall, timezone) - wall);
  const second = wall - (wallTime(first, timezone) - first);
  const earliest = Math.min(first, second);
  return wallTime(earliest, timezone) >= wall ? earliest : Math.max(first, second);
}

/** The day that was asked for last in each zone: mostly the next question is about the same one. */
const lastDays = new Map<string, LocalDay>();

/** The local day that a moment lies in. */
export function localDay(at: number, timezone: string): LocalDay {
  const last = lastDays.get(timezone);
  if (last && at >= last.startsAt && at < last.endsAt) return last;
  const day = findDay(at, timezone);
  lastDays.set(timezone, day);
  return day;
}

function findDay(at: number, timezone: string): LocalDay {
  const midnight = Math.floor(wallTime(at, timezone) / DAY_MS) * DAY_MS;
  return {
    date: dateOf(midnight),
    startsAt: momentOf(midnight, timezone),
    endsAt: momentOf(midnight + DAY_MS, timezone),
  };
}

/** Which day of a line a date is, when `activatedOn` is day 1; dates before it count as day 1. */
export const dayNumber = (date: string, activatedOn: string): number =>
  Math.max(1, Math.round((Date.parse(date) - Date.parse(activatedOn)) / DAY_MS) + 1);

/** When quiet hours that a moment lies in end; undefined outside of them. `from` and `to` are local, `22:00`. */
export function quietUntil(
  at: number,
  { from, to }: { from: string; to: string },
  timezone: string,
): number | undefined {
  const wall = wallTime(at, timezone);
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS;
  const time = wall - midnight;
  const [start, end] = [minutesOf(from) * 60_000, minutesOf(to) * 60_000];
  if (start === end) return undefined;
  const quiet = start < end ? time >= start && time < end : time >= start || time < end;
  if (!quiet) return undefined;
  const until = momentOf(time < end ? midnight + end : midnight + DAY_MS + end, timezone);
  // Where clocks go back within the quiet hours, their end is shown twice: the later one counts.
  return until > at ? until : until + HOUR_MS;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
