import type { CallEvent } from '../bridge/protocol/events.ts';
import { isoTime } from '../bridge/runtime/clock.ts';
import type { CallBatch, CallChange } from './calls-db/types.ts';
import type { Journal } from './journal/types.ts';
import { mayBePlaced, noteOfCalls, type PlacedCall, placedCalls } from './placed-calls.ts';

/**
 * A record comes when its call ends; it gives when that began and how long was talked, not how long it rang. One that
 * came within so long of what it gives tells by its coming when the call ended.
 */
const MOST_RINGING_MS = 2 * 60_000;

/**
 * Journals what the call history tells, with its tail's memory, in one transaction. A call that a command placed is
 * told with that command, which its record then belongs to for good. Throws when the journal cannot be used.
 */
export function takeCalls({ changes, memory }: CallBatch, journal: Journal, at: number): void {
  let placed = placedCalls(journal);
  const events: CallEvent[] = [];
  for (const change of changes) {
    const own =
      change.direction === 'outbound' ? placed.find((call) => isOf(call, change, journal)) : undefined;
    if (own) placed = placed.filter((call) => call !== own);
    events.push(...(own ? ownFacts(own, change, journal, at) : factsOf(change)));
  }
  journal.record({
    at,
    events,
    callsMemory: memory,
    ...(events.length > 0 && { notes: noteOfCalls(placed) }),
  });
}

function isOf(call: PlacedCall, change: CallChange, journal: Journal): boolean {
  const state = journal.command(call.commandId)?.state;
  return state !== 'failed' && state !== 'cancelled' && mayBePlaced(call, change);
}

/** How a call of a person ended; nothing for calls that are not of FaceTime. */
function factsOf(change: CallChange): CallEvent[] {
  const { callUuid, direction, medium, handles, startedAt, durationSeconds, result } = change;
  if (medium !== 'audio' && medium !== 'video') return [];
  const base = { callUuid, direction, kind: medium, handle: handles[0] ?? null };
  const at = isoTime(Math.round(startedAt + durationSeconds * 1000));
  if (result === 'answered')
    return [{ type: 'call.ended', ...base, at, durationSeconds, endReason: 'unknown' }];
  return [{ type: result === 'declined' ? 'call.declined' : 'call.missed', ...base, at }];
}

/** How a call that a command placed went: when it was answered, if it was, and how it ended. */
function ownFacts(own: PlacedCall, change: CallChange, journal: Journal, now: number): CallEvent[] {
  const { callUuid, direction, durationSeconds, result } = change;
  const base = {
    commandId: own.commandId,
    callUuid,
    direction,
    kind: own.medium,
    handle: change.handles[0] ?? null,
  };
  const talkedMs = Math.round(durationSeconds * 1000);
  const endedAt = endOf(change, talkedMs, now);
  const at = isoTime(endedAt);
  const asked = endedByRequest(own, journal);
  if (result === 'declined') return [{ type: 'call.declined', ...base, at }];
  if (result !== 'answered' && !asked) return [{ type: 'call.missed', ...base, at }];
  const endReason = asked ? 'api_request' : 'unknown';
  const ended = { type: 'call.ended', ...base, at, durationSeconds, endReason } as const;
  if (result !== 'answered' || own.answeredAt !== undefined) return [ended];
  const answeredAt = Math.max(endedAt - talkedMs, own.shownAt ?? 0);
  return [{ type: 'call.answered', ...base, at: isoTime(Math.min(answeredAt, endedAt)) }, ended];
}

function endOf({ startedAt }: CallChange, talkedMs: number, now: number): number {
  const atLeast = Math.round(startedAt) + talkedMs;
  return now >= atLeast && now - atLeast <= MOST_RINGING_MS ? now : atLeast;
}

/** Whether a request hung up: its act is under way, or was done, when the history gets the call. */
function endedByRequest({ endedBy }: PlacedCall, journal: Journal): boolean {
  if (!endedBy || !('commandId' in endedBy)) return false;
  const state = journal.command(endedBy.commandId)?.state;
  return state === 'acting' || state === 'confirming' || state === 'done' || state === 'uncertain';
}
