import type { CloseCode } from '../../bridge/protocol/close-codes.ts';

const MINUTE_MS = 60_000;

/** A refusal that a person must mend. */
interface Refusal {
  /** Whether it is dialled again by itself, slowly: what is mended may be on the other side alone. */
  again: boolean;
  /** Whether another may act in the place of this agent, so that it must not act meanwhile. */
  outOfOffice: boolean;
  hint: string;
}

/**
 * How refusals are mended. Whoever was superseded never comes back by itself, however long it waits: two programs with one
 * identity would fence each other off in turn.
 */
export const refusals: Partial<Record<CloseCode, Refusal>> = {
  unauthorized: {
    again: true,
    outOfOffice: false,
    hint: 'If bluerelay-bridge agent list does not show this agent, enrol it: bluerelay enrol --again. It asks again every few minutes; at once with: bluerelay link retry.',
  },
  unsupported_version: {
    again: true,
    outOfOffice: false,
    hint: 'Update the older side. It asks again every few minutes; at once with: bluerelay link retry.',
  },
  revoked: {
    again: false,
    outOfOffice: true,
    hint: 'Nothing is sent meanwhile. Enrol it with a new token, bluerelay enrol --again, and restart it.',
  },
  superseded: {
    again: false,
    outOfOffice: true,
    hint: 'Nothing is sent meanwhile. Stop the other agent that has a copy of this identity, then: bluerelay link retry.',
  },
};

/** How long a refused agent waits before it asks again by itself: 5 to 10 minutes. `random` is in [0, 1). */
export const refusedWait = (random: number): number => Math.round((5 + 5 * random) * MINUTE_MS);
