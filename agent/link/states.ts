/**
 * The link to the bridge.
 *
 * - `closed`: no connection; the next attempt comes when the backoff has passed.
 * - `connecting`: a socket is being opened, or is open and the bridge has not sent its challenge.
 * - `challenged`: the challenge was answered with a signed `hello`.
 * - `open`: welcomed; events and commands flow.
 * - `refused`: the bridge refuses this agent for a reason that a person must mend. Dialled again when a person says so
 *   (`bluerelay link retry`); by itself, every few minutes, only where what was mended may be on the other side alone.
 * - `stopped`: ended by this side for good.
 *
 * ```
 * closed ──dial──> connecting ──challenge──> challenged ──welcome──> open
 *   ^                  └────────────────────────┴── lost ─────────────┤
 *   └─────────────────────────────────────────────────────────────────┘
 * connecting, challenged, open ──refused──> refused ──dial──> connecting
 * any ──stop──> stopped
 * ```
 */
export type LinkState = 'closed' | 'connecting' | 'challenged' | 'open' | 'refused' | 'stopped';

export type LinkEvent = 'dial' | 'challenge' | 'welcome' | 'lost' | 'refused' | 'stop';

const next: Record<LinkState, Partial<Record<LinkEvent, LinkState>>> = {
  closed: { dial: 'connecting', stop: 'stopped' },
  connecting: { challenge: 'challenged', lost: 'closed', refused: 'refused', stop: 'stopped' },
  challenged: { welcome: 'open', lost: 'closed', refused: 'refused', stop: 'stopped' },
  open: { lost: 'closed', refused: 'refused', stop: 'stopped' },
  refused: { dial: 'connecting', stop: 'stopped' },
  stopped: {},
};

/** The state after an event, or undefined where the event is impossible: a frame out of order, say. */
export const transition = (state: LinkState, event: LinkEvent): LinkState | undefined => next[state][event];
