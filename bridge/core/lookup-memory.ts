import type { AgentEvent } from '../protocol/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { handleFromMac } from './handles.ts';
import { requestError } from './request-error.ts';

/** For how long an answer of a Mac holds, in milliseconds. One that nobody can tell is asked for each time. */
const HOLDS_MS = { yes: 24 * 3_600_000, no: 3_600_000 } as const;
/** Answers that are remembered; beyond it the one that was not used for longest is forgotten. */
const MOST_ANSWERS = 20_000;
/** Handles that the Mac of one line is asked for in an hour; what is remembered does not count. */
export const MOST_ASKED = 1_000;
const HOUR_MS = 3_600_000;
/** Lines whose count is remembered. */
const MOST_LINES = 10_000;

/** Apple says that the handle is not on iMessage. */
const NOT_ON_IMESSAGE = 'recipient_not_imessage';

/** What the Mac of a line told of a handle. */
export interface ToldAnswer {
  imessage: 'yes' | 'no' | 'unknown';
  source: 'history' | 'ids_cache' | 'send_error' | 'none';
  /** When the evidence is from, and when the Mac was asked, in milliseconds. */
  seenAt: number | null;
  checkedAt: number;
}

/**
 * What Macs told of handles lately, and how often they were asked. It is no truth: a bridge that starts anew asks again,
 * and each bridge of several counts by itself.
 */
export class LookupMemory {
  readonly #clock: Clock;
  readonly #answers = new Map<string, ToldAnswer>();
  readonly #asked = new Map<string, { handles: number; endsAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An answer that still holds. */
  find(lineId: string, handle: string): ToldAnswer | undefined {
    const key = keyOf(lineId, handle);
    const answer = this.#answers.get(key);
    if (!answer || answer.imessage === 'unknown') return undefined;
    this.#answers.delete(key);
    if (this.#clock.now() - answer.checkedAt >= HOLDS_MS[answer.imessage]) return undefined;
    this.#answers.set(key, answer);
    return answer;
  }

  keep(lineId: string, handle: string, answer: ToldAnswer): void {
    const key = keyOf(lineId, handle);
    this.#answers.delete(key);
    if (answer.imessage === 'unknown') return;
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MOST_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }

  /** Counts handles that the Mac of a line is asked for. Throws `lookup_rate_limited` when that would be too many. */
  count(lineId: string, handles: number): void {
    const now = this.#clock.now();
    const known = this.#asked.get(lineId);
    const window = known && known.endsAt > now ? known : { handles: 0, endsAt: now + HOUR_MS };
    if (window.handles + handles > MOST_ASKED)
      throw requestError('lookup_rate_limited', 'The line was asked for too many handles', undefined, {
        lineId,
        cap: MOST_ASKED,
        used: window.handles,
        retryAfterSeconds: Math.max(1, Math.ceil((window.endsAt - now) / 1000)),
      });
    this.#asked.delete(lineId);
    this.#asked.set(lineId, { ...window, handles: window.handles + handles });
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MOST_LINES && oldest !== undefined) this.#asked.delete(oldest);
  }

  /** Forgets what an event of a line speaks against. */
  heed(lineId: string, event: AgentEvent): void {
    if (event.type === 'message.received') this.#answers.delete(keyOf(lineId, handleFromMac(event.from)));
    if (event.type === 'message.failed' && event.error?.code === NOT_ON_IMESSAGE) this.#forgetLine(lineId);
  }

  #forgetLine(lineId: string): void {
    const start = keyOf(lineId, '');
    for (const key of this.#answers.keys()) if (key.startsWith(start)) this.#answers.delete(key);
  }
}

const keyOf = (lineId: string, handle: string): string => `${lineId} ${handle}`;
