/** A row may be dated this much before the newest one and still be on time. */
const LATE_MS = 15 * 60_000;
/** How long after a row came its date stands for what was there before. */
const SETTLE_MS = 10 * 60_000;
/** Late rows are kept back this long, to see how many come together. */
export const CROWD_MS = 10_000;
/** So many late rows at once are a replay, unless they climb to the present. */
const CROWD = 250;
/** So few late rows are stragglers, if not older than a day. */
const STRAGGLERS = 3;
const DAY_MS = 24 * 3_600_000;
/** Oldest of rows that came late because Messages caught up. */
const CATCH_UP_MS = 7 * DAY_MS;
/** Older rows are history, however they come: servers keep what was not delivered for a month. */
const HISTORY_MS = 30 * DAY_MS;
/** A replay may have lost the fraction of its second. */
const SAME_MOMENT_MS = 1_000;
/** So long after rows of a replay were passed by, rows behind all that was there are more of it. */
const REPLAY_LASTS_MS = 2 * 60_000;
/** Dates further ahead than this say nothing. */
const FUTURE_MS = 60_000;

/** What the guard must find again after a restart; times in milliseconds since the Unix epoch. */
export interface GuardMemory {
  /** First start ever, by a clock that was not set back further since. */
  since: number;
  /** Newest date of a row that was on time. */
  newest: number;
  /** The same of rows from others alone: own ones are written without a network too, while those wait. */
  received?: number;
  /** What `received` was ten to twenty minutes ago. */
  settled: number;
  /** What `settled` becomes, and since when that was the newest. */
  next: number;
  nextAt: number;
  /** When rows of a replay were last passed by. */
  replayedAt?: number;
}

/** A row that is kept back until the crowd it came with is known. */
export interface LateRow {
  date: number;
  /** Dated before rows that were there long before it. */
  behind: boolean;
}

/**
 * Tells rows that just happened from old ones that Messages wrote again, under new ROWIDs and GUIDs, as it does when
 * iCloud replays history. Age alone cannot: a Mac that was away gets old rows that are news.
 *
 * On time is a row dated at most a quarter of an hour ago, or in a time when nobody watched and after all that was
 * there then. Any other is late and waits for ten seconds, to be judged with those that came with it.
 */
export class Guard {
  readonly #memory: GuardMemory;
  /** Nobody watched before this. */
  #watchingSince: number;

  constructor(memory: GuardMemory, watchingSince: number) {
    this.#memory = { ...memory };
    this.#watchingSince = watchingSince;
  }

  /** What a first start begins with. `newest` is the newest date in the database, null for an empty one. */
  static begin(newest: number | null, now: number): GuardMemory {
    const frontier = newest ?? now;
    return { since: now, newest: frontier, settled: frontier, next: frontier, nextAt: now };
  }

  get memory(): GuardMemory {
    return { ...this.#memory };
  }

  /** Notes that the tail was not running until now, as while the Mac slept. */
  woke(now: number): void {
    this.#watchingSince = now;
  }

  /** The clock was set back: what comes from now on is dated so, and lies behind nothing that was dated ahead of it. */
  setBack(now: number): void {
    const memory = this.#memory;
    for (const time of ['since', 'newest', 'received', 'settled', 'next', 'nextAt'] as const)
      if (memory[time] !== undefined) memory[time] = Math.min(memory[time], now);
  }

  /** Null for a row that is on time; what to remember of it otherwise. `mine`: it is an own one. */
  check(date: number, now: number, mine = false): LateRow | null {
    const behind = date < Math.max(this.#memory.settled, Math.min(this.#memory.since, now)) - LATE_MS;
    const away = date < this.#watchingSince && date >= now - HISTORY_MS;
    if (date >= now - LATE_MS || (away && !behind)) {
      this.#onTime(date, now, mine);
      return null;
    }
    return { date, behind };
  }

  /**
   * How near the dates of two rows with the same content must be, in milliseconds, for the later one to be a replay;
   * null for a row that cannot be one. Two messages of the same moment, one after the other, may well say the same; of
   * young ones dated by the whole second the date tells too little.
   */
  replayWithin(date: number, now: number): number | null {
    const ahead = date > now + FUTURE_MS;
    if (!ahead && date > this.#memory.newest) return null;
    if (ahead || date < now - LATE_MS) return SAME_MOMENT_MS;
    return date < this.#memory.newest && date % 1_000 !== 0 ? 0 : null;
  }

  /** Which late rows of one crowd, in the order of their ROWIDs, are news after all. */
  judge<T extends LateRow>(crowd: readonly T[], now: number): T[] {
    const oldest = Math.min(...crowd.map(({ date }) => date));
    const caughtUp = crowd.length < CROWD && oldest >= now - CATCH_UP_MS && isClimb(crowd, now);
    // A replay that comes with what was fetched after hours without a network does not make history of that.
    const ahead = crowd.filter(({ behind }) => !behind);
    const fetched = ahead.length < CROWD || isClimb(ahead, now);
    const few = crowd.length <= STRAGGLERS;
    const amid = this.#isAmidReplay(now);
    const news = crowd.filter(({ date, behind }) => {
      if (date < now - HISTORY_MS) return false;
      if (!behind) return fetched;
      return !amid && (caughtUp || (few && date >= now - DAY_MS));
    });
    if (news.length < crowd.length && (amid || !few)) this.#memory.replayedAt = now;
    return news;
  }

  /** A replay takes longer than one crowd waits, and its last rows may look as if Messages had caught up. */
  #isAmidReplay(now: number): boolean {
    const { replayedAt = -Infinity } = this.#memory;
    return now >= replayedAt && now - replayedAt < REPLAY_LASTS_MS;
  }

  /** Whether rows behind all that was there may be dropped before their crowd is whole. */
  isReplay(crowdSize: number): boolean {
    return crowdSize >= CROWD;
  }

  /** Notes that a late row was news. */
  wasNews(date: number, now: number, mine = false): void {
    this.#onTime(date, now, mine);
  }

  #onTime(date: number, now: number, mine: boolean): void {
    const memory = this.#memory;
    memory.received ??= memory.newest;
    if (date <= now + FUTURE_MS) {
      memory.newest = Math.max(memory.newest, date);
      if (!mine) memory.received = Math.max(memory.received, date);
    }
    if (now - memory.nextAt < SETTLE_MS) return;
    memory.settled = memory.next;
    memory.next = memory.received;
    memory.nextAt = now;
  }
}

/** Rows that came while Messages caught up were written in order and reach the present; a replay does neither. */
function isClimb(crowd: readonly LateRow[], now: number): boolean {
  const dates = crowd.map(({ date }) => date);
  if (dates.length < 2) return false;
  let rises = 0;
  let widest = LATE_MS;
  for (let i = 1; i < dates.length; i += 1) {
    const rise = (dates[i] ?? 0) - (dates[i - 1] ?? 0);
    if (rise >= 0) rises += 1;
    widest = Math.max(widest, rise);
  }
  const last = Math.max(...dates);
  return rises >= (dates.length - 1) * 0.8 && now - last <= 2 * widest;
}
