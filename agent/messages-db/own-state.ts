import { fromAppleMilliseconds } from './apple-time.ts';
import type { StoredMessage } from './message-row.ts';
import { dateOf, isScheduled, mayBeGroup, serviceOf } from './message-row.ts';
import type { OwnStateChange } from './types.ts';

/** Letters of what was told of an own row: sent, delivered, read, failed, and that it went another way. */
export type Told = string;

const STEPS = [
  ['s', 'sent'],
  ['d', 'delivered'],
  ['r', 'read'],
] as const;

/** Stamps further ahead than this are bogus, as the largest integer seen in date_read is. */
const FUTURE_MS = 24 * 3_600_000;

const isStamp = (value: number | null | undefined, now: number): boolean => {
  const stamp = fromAppleMilliseconds(value);
  return stamp !== null && stamp < now + FUTURE_MS;
};

/**
 * How far a row is by itself: the number of steps taken, or failed. Rows of a group carry no usable delivered or read.
 * A delivered row is not failed, whatever its error.
 */
function reached(row: StoredMessage, now: number): 0 | 1 | 2 | 3 | 'failed' {
  if (isScheduled(row)) return 0;
  const direct = !mayBeGroup(row);
  if (direct && (row.read === 1 || isStamp(row.dateRead, now))) return 3;
  if (direct && (row.delivered === 1 || isStamp(row.dateDelivered, now))) return 2;
  if (row.error) return 'failed';
  return row.sent === 1 ? 1 : 0;
}

/** The changes that lead from what was told to what the row says now, with all steps between. */
export function ownStateChanges(row: StoredMessage, told: Told, now: number): OwnStateChange[] {
  const steps = reached(row, now);
  if (steps === 'failed') return /[fdr]/.test(told) ? [] : [change(row, 'failed', now)];
  const news = STEPS.slice(0, steps).filter(([letter]) => !told.includes(letter));
  // It was told as sent, and only then Messages sent it again as SMS.
  const again = row.downgraded === 1 && steps > 0 && !told.includes('w') && told.includes('s');
  const states = news.map(([, state]) => state);
  return (again ? (['sent', ...states] as const) : states).map((state) => change(row, state, now));
}

/** What is told once {@link ownStateChanges} are. */
export function toldAfter(row: StoredMessage, told: Told, now: number): Told {
  const steps = reached(row, now);
  if (steps === 'failed') return /[fdr]/.test(told) ? told : `${told}f`;
  const letters: string[] = STEPS.slice(0, steps).map(([letter]) => letter);
  if (row.downgraded === 1 && steps > 0) letters.push('w');
  return told + letters.filter((letter) => !told.includes(letter)).join('');
}

function change(row: StoredMessage, state: OwnStateChange['state'], now: number): OwnStateChange {
  return {
    kind: 'own-state',
    guid: row.guid,
    state,
    service: serviceOf(row),
    error: state === 'failed' ? (row.error ?? null) : null,
    at: stampOf(row, state, now),
    ...(row.downgraded === 1 && { downgraded: true as const }),
  };
}

function stampOf(row: StoredMessage, state: OwnStateChange['state'], now: number): number {
  const stamp =
    state === 'delivered'
      ? fromAppleMilliseconds(row.dateDelivered)
      : state === 'read'
        ? fromAppleMilliseconds(row.dateRead)
        : state === 'sent'
          ? dateOf(row)
          : null;
  return stamp !== null && stamp < now + FUTURE_MS ? stamp : now;
}
