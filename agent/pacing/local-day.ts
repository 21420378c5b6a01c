const DAY_MS = 24 * 3_600_000;

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

/**
 * The moments at which a wall clock shows a time of whole seconds, in order: two where clocks go back over it; where they
 * leap over it, the moment of the leap.
 */
function momentsOf(wall: number, timezone: string): number[] {
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((at) => wallTime(at, timezone) - at);
  const guesses = [...new Set(offsets)].map((offset) => wall - offset).sort((a, b) => a - b);
  const shown = guesses.filter((at) => wallTime(at, timezone) === wall);
  return shown.length > 0 ? shown : [leapOver(wall, guesses, timezone)];
}

/** The first moment between two at which a wall clock shows a time or a later one. */
const leapOver = (wall: number, [low = 0, high = low]: readonly number[], timezone: string): number =>
  firstAt(low - 1, high, (at) => wallTime(at, timezone) >= wall);

/** The first moment at which a wall clock shows a time of whole seconds, or the leap where clocks leap over it. */
export const momentOf = (wall: number, timezone: string): number => momentsOf(wall, timezone)[0] ?? wall;

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
  const [start, end] = [minutesOf(from) * 60_000, minutesOf(to) * 60_000];
  const isQuiet = (wall: number): boolean => {
    const time = wall % DAY_MS;
    return start <= end ? time >= start && time < end : time >= start || time < end;
  };
  const wall = wallTime(at, timezone);
  if (!isQuiet(wall)) return undefined;
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS;
  const wanted = wall - midnight < end ? midnight + end : midnight + DAY_MS + end;
  // Where clocks go back within the quiet hours, their end is shown twice.
  const until = momentsOf(wanted, timezone).find((moment) => moment > at);
  const change = until && offsetChange(at, until, timezone);
  return change && !isQuiet(wallTime(change, timezone)) ? change : until;
}

/** The first moment in (`from`, `to`] of the offset that holds at `to`; undefined where it is that of `from`. */
function offsetChange(from: number, to: number, timezone: string): number | undefined {
  const offsetAt = (at: number): number => wallTime(at, timezone) - Math.floor(at / 1_000) * 1_000;
  const offset = offsetAt(to);
  return offset === offsetAt(from) ? undefined : firstAt(from, to, (at) => offsetAt(at) === offset);
}

/** The first whole millisecond in (`low`, `high`] from which on something holds, as it does at `high`. */
function firstAt(low: number, high: number, holds: (at: number) => boolean): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle)) after = middle;
    else before = middle;
  }
  return after;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
