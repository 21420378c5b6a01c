import type { CallEvent } from '../bridge/protocol/events.ts';
import { isoTime } from '../bridge/runtime/clock.ts';
import type { CallBatch, CallChange } from './calls-db/types.ts';
import type { Journal } from './journal/types.ts';
import { mayBePlaced, noteOfCalls, type PlacedCall, placedCalls } from './placed-calls.ts';

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
    events.push(...callFacts(change, own?.commandId));
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

/** How a call ended; nothing for calls that are not of FaceTime. */
function callFacts(change: CallChange, commandId: string | undefined): CallEvent[] {
  const { callUuid, direction, medium, handles, startedAt, durationSeconds, result } = change;
  if (medium !== 'audio' && medium !== 'video') return [];
  const base = {
    ...(commandId !== undefined && { commandId }),
    callUuid,
    direction,
    kind: medium,
    handle: handles[0] ?? null,
  };
  const at = isoTime(Math.round(startedAt + durationSeconds * 1000));
  if (result === 'answered')
    return [{ type: 'call.ended', ...base, at, durationSeconds, endReason: 'unknown' }];
  return [{ type: result === 'declined' ? 'call.declined' : 'call.missed', ...base, at }];
}
