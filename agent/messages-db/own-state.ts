import { fromAppleMilliseconds } from './apple-time.ts';
import type { StoredMessage } from './message-row.ts';
import { dateOf, isScheduled, mayBeGroup, serviceOf } from './message-row.ts';
import type { OwnStateChange } from './types.ts';

/** Letters of the states that were told of an own row: sent, delivered, read, failed. */
export type Told = string;

const STEPS = [
  ['s', 'sent'],
  ['d', 'delivered'],
  ['r', 'read'],
] as const;

/** Stamps further ahead than this are bogus, as the largest integer seen in date_read is. */
const FUTURE_MS = 24 * 3_600_000;

/**
 * How far a row is by itself: the number of steps taken, or failed. Rows of a group carry no usable delivered or read.
 * A delivered row is not failed, whatever its error.
 */
function reached(row: StoredMessage): 0 | 1 | 2 | 3 | 'failed' {
  if (isScheduled(row)) return 0;
  const direct = !mayBeGroup(row);
  if (direct && (row.read === 1 || row.dateRead)) return 3;
  if (direct && (row.delivered === 1 || row.dateDelivered)) return 2;
  if (row.error) return 'failed';
  return row.sent === 1 ? 1 : 0;
}

/** The changes that lead from what was told to what the row says now, with all steps between. */
export function ownStateChanges(row: StoredMessage, told: Told, now: number): OwnStateChange[] {
  const steps = reached(row);
  if (steps === 'failed') return /[fdr]/.test(told) ? [] : [change(row, 'failed', now)];
  return STEPS.slice(0, steps).flatMap(([letter, state]) =>
    told.includes(letter) ? [] : [change(row, state, now)],
  );
}

/** What is told once {@link ownStateChanges} are. */
export function toldAfter(row: StoredMessage, told: Told): Told {
  const steps = reached(row);
  if (steps === 'failed') return /[fdr]/.test(told) ? told : `${told}f`;
  const letters = STEPS.slice(0, steps).map(([letter]) => letter);
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
