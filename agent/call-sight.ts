/**
 * What looks at the screen tell of a call that a command placed:
 *
 *   (not seen) ──shown, or said to ring──> shown | ringing    told as `call.ringing`
 *   shown ──said to ring──> ringing
 *   ringing ──the button to leave it in place of `End`──> answered    told as `call.answered`
 *   shown, ringing, answered ──nothing there──> gone
 *
 * `shown`: the screen has a call and does not say whether anybody answered; so it is on every release after macOS 12.
 * From there nobody is taken to have answered.
 */
import type { CallSight } from './mac/call-acts.ts';
import type { PlacedCall } from './placed-calls.ts';

export type AfterLook =
  | { call: PlacedCall; tells: 'call.ringing' | 'call.answered' | undefined }
  /** It was there, and is not any more. */
  | 'gone';

/** How old what is known of a call that goes on may be before it is noted anew, in milliseconds. */
const NOTED_EVERY_MS = 15_000;

/** A call after a look. `at`: when that was, in milliseconds since the Unix epoch. */
export function afterLook(call: PlacedCall, { joined, ringing, phone }: CallSight, at: number): AfterLook {
  const { seen, seenAt = at } = call;
  if (!joined && !ringing && !phone) return seen === undefined ? { call, tells: undefined } : 'gone';
  if (seen === undefined) {
    const first = { ...call, seen: ringing ? 'ringing' : 'shown', shownAt: at, seenAt: at } as const;
    return { call: first, tells: 'call.ringing' };
  }
  const now = { ...call, seenAt: at };
  if (seen === 'shown' && ringing) return { call: { ...now, seen: 'ringing' }, tells: undefined };
  if (seen === 'ringing' && joined && !ringing)
    return { call: { ...now, seen: 'answered', answeredAt: at }, tells: 'call.answered' };
  return { call: Math.abs(at - seenAt) < NOTED_EVERY_MS ? call : now, tells: undefined };
}
