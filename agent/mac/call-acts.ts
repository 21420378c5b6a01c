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
}

/** Acts on calls, which work on the windows of macOS' own apps. */
export type CallAct = PlaceCall | EndCall;
