import { z } from 'zod';

/** Places a FaceTime call. `handed_over` says that the prompt was answered; what becomes of it only the call history tells. */
export interface PlaceCall {
  kind: 'place_call';
  /** E.164 number or email. */
  handle: string;
  medium: 'audio' | 'video';
}

/** Hangs up the call in the window of FaceTime; `changed: false` when there is none. */
export interface EndCall {
  kind: 'end_call';
  /** Only a call whose window says that it still rings. */
  ringing?: boolean;
}

/** Tells what the screen shows of a call: a `value` of {@link callSightSchema}. */
interface LookAtCall {
  kind: 'look_at_call';
}

/** What the screen shows of a call. Whose it is, it does not tell. */
export const callSightSchema = z.object({
  /** FaceTime has the button by which a call is left. */
  joined: z.boolean(),
  /** FaceTime says that a call still rings, as it does on macOS 12. */
  ringing: z.boolean(),
  /** The Phone app of macOS 26 holds a call, or its prompt. */
  phone: z.boolean(),
});

export type CallSight = z.infer<typeof callSightSchema>;

/** Acts on calls, which work on the windows of macOS' own apps. */
export type CallAct = PlaceCall | EndCall | LookAtCall;
