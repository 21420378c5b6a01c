/**
 * The link to the bridge.
 *
 * - `closed`: no connection; the next attempt comes when the backoff has passed.
 * - `connecting`: a socket is being opened, or is open and the bridge has not sent its challenge.
 * - `challenged`: the challenge was answered with a signed `hello`.
 * - `open`: welcomed; events and commands flow.
 * - `stopped`: ended by this side for good, or by the bridge for a reason that a person must mend.
 *
 * ```
 * closed ──dial──> connecting ──challenge──> challenged ──welcome──> open
 *   ^                  └────────────────────────┴── lost ─────────────┤
 *   └─────────────────────────────────────────────────────────────────┘
 * any ──stop, or refused until somebody mends it──> stopped
 * ```
 */
export type LinkState = 'closed' | 'connecting' | 'challenged' | 'open' | 'stopped';

export type LinkEvent = 'dial' | 'challenge' | 'welcome' | 'lost' | 'refused' | 'stop';

const next: Record<LinkState, Partial<Record<LinkEvent, LinkState>>> = {
  closed: { dial: 'connecting', stop: 'stopped' },
  connecting: { challenge: 'challenged', lost: 'closed', refused: 'stopped', stop: 'stopped' },
  challenged: { welcome: 'open', lost: 'closed', refused: 'stopped', stop: 'stopped' },
  open: { lost: 'closed', refused: 'stopped', stop: 'stopped' },
  stopped: {},
};

/** The state after an event, or undefined where the event is impossible: a frame out of order, say. */
export const transition = (state: LinkState, event: LinkEvent): LinkState | undefined => next[state][event];
