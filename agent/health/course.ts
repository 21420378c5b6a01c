import { z } from 'zod';
import type { Assessment } from './assess.ts';

const DAY_MS = 24 * 3_600_000;

/** How long a suspicion pauses what answers nothing, after the last sign that fed it. */
const PAUSE_MS = DAY_MS;
/** Shares of the daily caps on the days after a pause. */
const RECOVERY = [0.25, 0.5, 0.75] as const;

/**
 * The course of a line. Times are milliseconds since the Unix epoch.
 *
 * - `well`: nothing speaks against it.
 * - `suspected`: it may have been banned. Only replies leave. Each further sign prolongs it.
 * - `recovering`: a day passed without a sign. The caps of a day come back in quarters, day by day; a new sign leads
 *   back to `suspected`.
 * - `banned`: an operator said so, to the bridge. Nothing leaves, and nothing but the bridge's word ends it; then the line
 *   recovers as after a suspicion.
 *
 * ```
 * well ──sign──> suspected ──a day without one──> recovering ──three days──> well
 *                    ^─────────────sign───────────────┘
 * any ──banned by the bridge's word──> banned ──taken back──> recovering
 * ```
 */
export const courseSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('well') }),
  z.strictObject({
    state: z.literal('suspected'),
    since: z.number(),
    reason: z.string(),
    until: z.number(),
  }),
  z.strictObject({ state: z.literal('recovering'), since: z.number() }),
  z.strictObject({ state: z.literal('banned'), since: z.number(), reason: z.string().nullable() }),
]);

export type Course = z.infer<typeof courseSchema>;

export const WELL: Course = { state: 'well' };

/** The course after a look at the line. */
export function advance(course: Course, { suspicion }: Pick<Assessment, 'suspicion'>, now: number): Course {
  if (course.state === 'banned') return course;
  if (suspicion !== null) {
    const since = course.state === 'suspected' ? course.since : now;
    return { state: 'suspected', since, reason: suspicion, until: now + PAUSE_MS };
  }
  switch (course.state) {
    case 'well':
      return course;
    case 'suspected':
      // A pause that would last longer began by a clock that was set back since.
      if (course.until > now + PAUSE_MS) return { ...course, until: now + PAUSE_MS };
      return now < course.until ? course : { state: 'recovering', since: course.until };
    case 'recovering':
      if (course.since > now) return { ...course, since: now };
      return now - course.since < RECOVERY.length * DAY_MS ? course : WELL;
  }
}

/** The course after the bridge's word on a ban: since when it is, and why; undefined when it is none. */
export function afterBanWord(
  course: Course,
  banned: { since: number; reason: string | null } | undefined,
  now: number,
): Course {
  if (banned) return { state: 'banned', ...banned };
  return course.state === 'banned' ? { state: 'recovering', since: now } : course;
}

/** Until when only replies leave, at the earliest; null when others may. */
export const pausedUntil = (course: Course): number | null =>
  course.state === 'suspected' ? course.until : null;

/** Which share of the caps of a day holds. */
export function shareOfCaps(course: Course, now: number): number {
  if (course.state !== 'recovering') return 1;
  const day = Math.min(RECOVERY.length - 1, Math.max(0, Math.floor((now - course.since) / DAY_MS)));
  return RECOVERY[day] ?? 1;
}
