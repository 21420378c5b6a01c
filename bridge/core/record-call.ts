import type { CallEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Call } from '../store/types.ts';
import { advance } from './call-status.ts';
import { handleFromMac } from './handles.ts';
import type { EventContent } from './raise-event.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';

/** Stores what became of a call, once for each step; returns how many deliveries it made. */
export async function recordCall(recording: Recording, event: CallEvent): Promise<number> {
  const { tx } = recording;
  const nameless = event.commandId === undefined && event.callUuid === undefined;
  if (nameless && !(await isNew(recording, event))) return 0;
  const known = await find(recording, event);
  const before = await named(recording, known ?? newCall(recording, event), event);
  const after = advance(known, before, event);
  const present = after ?? before;
  if (!known) await tx.insertCall(present);
  else if (present !== known) await tx.updateCall(present);
  return after ? tellCustomer(recording, after.id, contentOf(after, event)) : 0;
}

async function find({ tx, line }: Recording, { commandId, callUuid }: CallEvent): Promise<Call | undefined> {
  const placed = commandId === undefined ? undefined : await tx.findCallByCommand(line.id, commandId);
  return placed ?? (callUuid === undefined ? undefined : await tx.findCallByUuid(line.id, callUuid));
}

/** The call with the name that the history gives it, unless another call has that. */
async function named({ tx, line, note }: Recording, call: Call, { callUuid }: CallEvent): Promise<Call> {
  if (callUuid === undefined || call.callUuid !== null) return call;
  const holder = await tx.findCallByUuid(line.id, callUuid);
  if (!holder) return { ...call, callUuid };
  note('two calls claim one record', { callId: call.id, holder: holder.id });
  return call;
}

function newCall({ line, now }: Recording, event: CallEvent): Call {
  const other = event.handle === null ? null : handleFromMac(event.handle);
  const outbound = event.direction === 'outbound';
  return {
    id: newId('call', now),
    accountId: line.accountId,
    mode: 'live',
    lineId: line.id,
    direction: event.direction,
    kind: event.kind,
    from: outbound ? line.handle : other,
    to: outbound ? other : line.handle,
    status: 'initiated',
    endReason: null,
    errorCode: null,
    errorMessage: null,
    commandId: event.commandId ?? null,
    callUuid: null,
    metadata: null,
    createdAt: now,
    ringingAt: null,
    answeredAt: null,
    endedAt: null,
    durationSeconds: 0,
  };
}

function contentOf(call: Call, event: CallEvent): EventContent {
  const { id: callId, direction, kind: type, from, to, lineId } = call;
  const base = { callId, direction, type, from, to };
  const at = isoTime(Date.parse(event.at));
  switch (event.type) {
    case 'call.answered':
      return { type: event.type, data: { ...base, answeredAt: at, lineId } };
    case 'call.ended': {
      const { durationSeconds } = call;
      const endReason = event.endReason ?? 'unknown';
      return { type: event.type, data: { ...base, endReason, durationSeconds, endedAt: at, lineId } };
    }
    case 'call.failed': {
      const error = { code: call.errorCode ?? 'unknown', message: call.errorMessage ?? '' };
      return { type: event.type, data: { ...base, error, at, lineId } };
    }
    default:
      return { type: event.type, data: { ...base, at, lineId } };
  }
}
