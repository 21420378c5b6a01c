import type { LineStateEvent } from '../../bridge/protocol/line-events.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';
import type { LineUsage } from '../pacing/types.ts';
import { type Assessment, assess, LOOK_BACK_MS, rank } from './assess.ts';
import {
  advance,
  afterBanWord,
  type Course,
  courseSchema,
  pausedUntil,
  shareOfCaps,
  WELL,
} from './course.ts';

/** Names of notes in the journal: the course of the line, and what was told of it last. */
const COURSE = 'health.course';
const TOLD = 'health.told';
/** How often the line is looked at, in milliseconds. */
const LOOK_EVERY_MS = 15_000;
/** Only so often are mere counts told anew, in milliseconds. */
const USAGE_EVERY_MS = 60_000;
const TWO_DAYS_MS = 48 * 3_600_000;
const MAX_REASON = 300;

export interface LineHealthOptions {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** How much of its caps the line has used. */
  usage(now: number): LineUsage;
  /** What the permissions of the agent and the account of Messages show now. */
  account(): { signedOut: boolean | undefined; connecting: boolean; refused: readonly string[] };
  /** Called when more or less may leave than before. */
  onChange(): void;
}

/** Looks at the line every few seconds, tells the bridge how it fares, and pauses it on a suspicion. */
export class LineHealth {
  readonly #options: LineHealthOptions;
  #course: Course;
  #assessment: Assessment = { health: 'healthy', reasons: [], suspicion: null };
  #usageToldAt = Number.NEGATIVE_INFINITY;
  #share: number | undefined;
  #connectingSince: number | undefined;

  constructor(options: LineHealthOptions) {
    this.#options = options;
    this.#course = readCourse(options.journal.note(COURSE));
  }

  /** Looks now and from now on; returns how to stop. */
  start(): () => void {
    this.look();
    return this.#options.clock.every(LOOK_EVERY_MS, () => this.look());
  }

  /** Until when only replies leave, at the earliest; null when others may. */
  pausedUntil(): number | null {
    return pausedUntil(this.#course);
  }

  /** Which share of the caps of a day holds. */
  shareOfCaps(): number {
    return shareOfCaps(this.#course, this.#options.clock.now());
  }

  /** Health as it is told, and why. */
  current(): { health: Assessment['health']; reasons: readonly string[]; course: Course } {
    return { health: this.#health(), reasons: this.#assessment.reasons, course: this.#course };
  }

  isBanned(): boolean {
    return this.#course.state === 'banned';
  }

  /**
   * What the bridge says of a ban, which is durable when this returns. Throws as the journal does: the bridge says it again
   * with its next welcome.
   */
  setBan(banned: { since: string; reason: string | null } | undefined): void {
    const { journal, clock } = this.#options;
    const before = this.#course;
    const word = banned && { since: Date.parse(banned.since), reason: banned.reason };
    const course = afterBanWord(before, word, clock.now());
    if (JSON.stringify(course) === JSON.stringify(before)) return;
    journal.record({ at: clock.now(), notes: { [COURSE]: JSON.stringify(course) } });
    this.#course = course;
    this.#logCourse(course);
    this.#options.onChange();
    this.look();
  }

  /** Looks at the line now and journals what is to be told. Trouble with the journal is tried again at the next look. */
  look(): void {
    try {
      this.#look();
    } catch (error) {
      this.#options.logger.warn({ error: describeError(error) }, 'the line could not be looked at');
    }
  }

  #look(): void {
    const { journal, clock, onChange } = this.#options;
    const now = clock.now();
    const { records } = journal;
    const { signedOut, connecting, refused } = this.#options.account();
    this.#connectingSince = connecting ? Math.min(this.#connectingSince ?? now, now) : undefined;
    this.#assessment = assess(
      {
        outcomes: records.outcomesSince(now - LOOK_BACK_MS),
        ...{ signedOut, refused, connectingSince: this.#connectingSince ?? null },
        lastInboundAt: journal.counts().lastReceivedAt,
        sentLately: records.countsSince(now - TWO_DAYS_MS).sent,
      },
      now,
    );
    const before = this.#course;
    const course = advance(before, this.#assessment, now);
    const notes = { [COURSE]: JSON.stringify(course) };
    this.#course = course;
    try {
      this.#tell(now, notes, JSON.stringify(before) !== notes[COURSE]);
    } catch (error) {
      this.#course = before;
      throw error;
    }
    const share = shareOfCaps(course, now);
    const moreOrLess = this.#share !== undefined && this.#share !== share;
    this.#share = share;
    if (before.state !== course.state) this.#logCourse(course);
    if (before.state !== course.state || moreOrLess) onChange();
  }

  #tell(now: number, notes: Record<string, string>, courseChanged: boolean): void {
    const { journal } = this.#options;
    const state = this.#state(now);
    const { at: _, usage, lastInboundAt, ...standing } = state;
    const key = JSON.stringify({ ...standing, date: usage.date });
    const counts = JSON.stringify({ usage, lastInboundAt });
    const [toldKey, toldCounts] = (journal.note(TOLD) ?? '\n').split('\n');
    const countsDue = toldCounts !== counts && Math.abs(now - this.#usageToldAt) >= USAGE_EVERY_MS;
    if (toldKey !== key || countsDue) {
      journal.record({ at: now, events: [state], notes: { ...notes, [TOLD]: `${key}\n${counts}` } });
      this.#usageToldAt = now;
    } else if (courseChanged) journal.record({ at: now, notes });
  }

  #state(now: number): LineStateEvent {
    const { journal, usage: usageAt } = this.#options;
    const usage = usageAt(now);
    const course = this.#course;
    const { lastReceivedAt } = journal.counts();
    return {
      type: 'line.state',
      at: isoTime(now),
      status:
        course.state === 'suspected' || course.state === 'banned'
          ? 'paused'
          : usage.warmup.completed
            ? 'active'
            : 'warming',
      health: this.#health(),
      ban:
        course.state === 'suspected'
          ? { status: 'suspected', since: isoTime(course.since), reason: course.reason.slice(0, MAX_REASON) }
          : { status: 'none', since: null, reason: null },
      warmup: usage.warmup,
      usage: {
        date: usage.date,
        sent: usage.sent,
        received: usage.received,
        newConversations: usage.newConversations,
        proactive: usage.proactive,
        resetsAt: isoTime(usage.resetsAt),
      },
      lastInboundAt: lastReceivedAt === null ? null : isoTime(lastReceivedAt),
    };
  }

  /** A line that recovers is at risk still. */
  #health(): Assessment['health'] {
    const { health } = this.#assessment;
    const least = {
      well: 'healthy',
      recovering: 'at_risk',
      suspected: 'critical',
      banned: 'critical',
    } as const;
    const floor = least[this.#course.state];
    return rank(health) > rank(floor) ? health : floor;
  }

  #logCourse(course: Course): void {
    const { logger } = this.#options;
    if (course.state === 'suspected')
      logger.error({ reason: course.reason }, 'the line may have been banned: only replies leave');
    else if (course.state === 'banned')
      logger.error({ reason: course.reason }, 'an operator called the line banned: nothing leaves');
    else logger.warn({ course: course.state }, 'the course of the line changed');
  }
}

function readCourse(note: string | undefined): Course {
  if (note === undefined) return WELL;
  const parsed = courseSchema.safeParse(JSON.parse(note));
  return parsed.success ? parsed.data : WELL;
}
