import type { Retry } from '../runtime/app-error.ts';

export interface CloseReason {
  /** WebSocket close code. */
  status: number;
  /** Whether the agent may connect again: by itself with backoff, after a person mended something, or never. */
  retry: Retry;
  meaning: string;
}

/** Why a link was closed. The name travels as the close reason, the status as the close code. */
export const closeCodes = {
  going_away: {
    status: 1001,
    retry: 'later',
    meaning: 'This side is shutting down; connect again with backoff.',
  },
  bad_frame: {
    status: 4400,
    retry: 'later',
    meaning: 'A frame was not JSON, not of the schema, or out of order.',
  },
  unauthorized: {
    status: 4401,
    retry: 'after-fix',
    meaning: 'The signature did not match the nonce of this connection and the key on file.',
  },
  revoked: { status: 4403, retry: 'after-fix', meaning: 'An operator revoked this agent; enrol it again.' },
  hello_timeout: { status: 4408, retry: 'later', meaning: 'No valid hello within 10 seconds.' },
  superseded: {
    status: 4409,
    retry: 'after-fix',
    meaning: 'A newer session of the same agent took over; two daemons run with one identity.',
  },
  journal_behind: {
    status: 4410,
    retry: 'later',
    meaning:
      'The journal is older than what the bridge has of it; begin a new one, acting on nothing that is open.',
  },
  /** The WebSocket library's own status: it refuses such a frame by its length, before any of it is kept. */
  frame_too_large: { status: 1009, retry: 'later', meaning: 'A frame was larger than 256 KiB.' },
  unsupported_version: {
    status: 4426,
    retry: 'after-fix',
    meaning: 'The protocol version is not spoken here; update the older side.',
  },
  window_exceeded: {
    status: 4429,
    retry: 'later',
    meaning: 'More unacknowledged frames than the window allows.',
  },
  silent: { status: 4430, retry: 'later', meaning: 'Nothing arrived for 40 seconds.' },
  internal_error: { status: 1011, retry: 'later', meaning: 'This side failed; connect again with backoff.' },
} as const satisfies Record<string, CloseReason>;

export type CloseCode = keyof typeof closeCodes;

/** The close code of a WebSocket status, if it is one of ours. */
export const closeCodeOf = (status: number): CloseCode | undefined =>
  (Object.keys(closeCodes) as CloseCode[]).find((name) => closeCodes[name].status === status);
