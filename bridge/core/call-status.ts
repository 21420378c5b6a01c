/**
 * The status of a call: `initiated`, `ringing`, `answered`, then one end: `ended`, `declined`, `missed` or `failed`. Steps
 * may be skipped, as a call that the history tells comes with its end alone. It never goes back, and after an end nothing
 * changes any more.
 */
import type { CallEvent } from '../protocol/events.ts';
import type { Call, CallStatus } from '../store/types.ts';

const ORDER: readonly CallStatus[] = ['initiated', 'ringing', 'answered', 'ended'];

const rank = (status: CallStatus): number =>
  ORDER.includes(status) ? ORDER.indexOf(status) : ORDER.length - 1;

const hasEnded = (status: CallStatus): boolean => rank(status) === ORDER.length - 1;

/** The call after an event; undefined when the event repeats, comes late or comes after the end. */
export function advance(call: Call | undefined, before: Call, event: CallEvent): Call | undefined {
  const status = event.type.slice('call.'.length) as CallStatus;
  if (call && rank(status) <= rank(call.status)) return undefined;
  const at = Date.parse(event.at);
  const next: Call = { ...before, status, errorCode: null, errorMessage: null };
  if (status === 'ringing') next.ringingAt = at;
  if (status === 'answered') next.answeredAt = at;
  if (hasEnded(status)) end(next, event, at);
  if (status === 'failed') {
    next.errorCode = event.error?.code ?? 'unknown';
    next.errorMessage = event.error?.message ?? 'The Mac gave no reason';
  }
  return next;
}

function end(call: Call, event: CallEvent, at: number): void {
  call.endedAt = at;
  if (call.status !== 'ended') return;
  const talked = event.durationSeconds ?? (call.answeredAt === null ? 0 : (at - call.answeredAt) / 1000);
  call.durationSeconds = Math.max(0, talked);
  // One that a request ended before anybody answered was never answered.
  const canceled = event.endReason === 'api_request' && call.durationSeconds === 0;
  if (!canceled) call.answeredAt ??= at - Math.round(call.durationSeconds * 1000);
  call.endReason = event.endReason ?? 'unknown';
}
