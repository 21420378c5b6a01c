/**
 * A delivery is one event on its way to one endpoint.
 *
 * - `pending`: an attempt is due at `nextAttemptAt`, or under way while it is leased.
 * - `delivered`: final; the endpoint answered 2xx.
 * - `failed`: final; the last attempt failed, or the endpoint said 410, that it is gone for good.
 */
import type { DeliveryState } from '../store/types.ts';

/** How one attempt ended. */
export type AttemptOutcome =
  | { kind: 'answered'; status: number; retryAfterMs: number | undefined }
  /** No answer in time, no connection, or a destination that is refused; `code` is for the log. */
  | { kind: 'failed'; code: string }
  /** This process was told to hurry: as if it had not been tried. */
  | { kind: 'abandoned' };

export interface DeliveryPosition {
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: number;
  lastStatus: number | null;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Delay after each failed attempt but the last; the first attempt is made at once. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  10 * HOUR,
];

export const MAX_ATTEMPTS = RETRY_DELAYS_MS.length + 1;

/** Each delay is drawn from this much around its value, so that many failures do not come back as one wave. */
const JITTER = 0.1;

/** A receiver may ask for more patience than the schedule has, but not for more than this. */
const LONGEST_RETRY_AFTER_MS = 10 * HOUR;

const succeeded = (status: number): boolean => status >= 200 && status < 300;

/** Whether the endpoint says that it is gone for good. */
export const isGone = (outcome: AttemptOutcome): boolean =>
  outcome.kind === 'answered' && outcome.status === 410;

const askedDelay = (outcome: AttemptOutcome): number => {
  if (outcome.kind !== 'answered' || (outcome.status !== 429 && outcome.status !== 503)) return 0;
  return Math.min(outcome.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
};

/** Where an attempt that ended at `now` leaves a pending delivery. `random` is in [0, 1). */
export function afterAttempt(
  before: DeliveryPosition,
  outcome: AttemptOutcome,
  now: number,
  random: number,
): DeliveryPosition {
  if (outcome.kind === 'abandoned') return before;
  const attempts = before.attempts + 1;
  const lastStatus = outcome.kind === 'answered' ? outcome.status : null;
  const final = { attempts, lastStatus, nextAttemptAt: now };
  if (outcome.kind === 'answered' && succeeded(outcome.status)) return { ...final, state: 'delivered' };
  const delay = RETRY_DELAYS_MS[attempts - 1];
  if (delay === undefined || isGone(outcome)) return { ...final, state: 'failed' };
  const jittered = Math.round(delay * (1 - JITTER + 2 * JITTER * random));
  return {
    state: 'pending',
    attempts,
    lastStatus,
    nextAttemptAt: now + Math.max(jittered, askedDelay(outcome)),
  };
}
