import { lookup } from 'node:dns/promises';
import { Agent, request } from 'undici';
import { errorCode } from '../runtime/app-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AttemptOutcome } from './delivery-states.ts';
import { checkUrl, guardedLookup, type Resolve } from './destination.ts';
import { signatureHeaders } from './signature.ts';

/** From the first byte of an attempt to the end of the answer, in milliseconds. */
export const ATTEMPT_LIMIT_MS = 10_000;

/** Of an answer's body nobody reads more than this; the rest is cut off with its connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** What one attempt posts. */
export interface Post {
  url: string;
  /** The whole `whsec_…` string. */
  secret: string;
  /** The exact text that is sent and signed. */
  payload: string;
  eventType: string;
  deliveryId: string;
  /** Counts from 1. */
  attempt: number;
}

export interface WebhookClientOptions {
  clock: Clock;
  /** Also deliver to this machine, by http as well. */
  allowHttpWebhooks: boolean;
  /** Sockets to one origin at once. */
  connections: number;
  resolve?: Resolve;
}

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/** Seconds or an HTTP date, as milliseconds from now; undefined when it is neither. */
function retryAfterMs(value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Posts events to endpoints of customers: guarded, signed, bounded, over sockets that are kept open. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #agents: Record<'https:' | 'http:', Agent>;
  readonly #underWay = new Set<AbortController>();
  #abandoned = false;

  constructor(options: WebhookClientOptions) {
    this.#options = options;
    this.#agents = { 'https:': this.#agent('https:'), 'http:': this.#agent('http:') };
  }

  /** Makes one attempt. Never rejects for what the other side does; redirects are answers like any other. */
  async post(post: Post): Promise<AttemptOutcome> {
    const deadline = new AbortController();
    this.#underWay.add(deadline);
    const cancel = this.#options.clock.after(ATTEMPT_LIMIT_MS, () => deadline.abort());
    if (this.#abandoned) deadline.abort();
    try {
      return await this.#exchange(post, deadline.signal);
    } catch (error) {
      if (this.#abandoned) return { kind: 'abandoned' };
      return { kind: 'failed', code: deadline.signal.aborted ? 'timeout' : errorCode(error) };
    } finally {
      cancel();
      this.#underWay.delete(deadline);
    }
  }

  /** Ends all attempts under way as `abandoned`, and those to come. */
  abandon(): void {
    this.#abandoned = true;
    for (const attempt of this.#underWay) attempt.abort();
  }

  /** Closes every socket. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#agents).map((agent) => agent.destroy()));
  }

  async #exchange(post: Post, signal: AbortSignal): Promise<AttemptOutcome> {
    const { clock, allowHttpWebhooks } = this.#options;
    const url = checkUrl(post.url, allowHttpWebhooks);
    const body = Buffer.from(post.payload, 'utf8');
    const unixSeconds = Math.floor(clock.now() / 1_000);
    const answer = await request(url, {
      method: 'POST',
      dispatcher: this.#agents[url.protocol === 'http:' ? 'http:' : 'https:'],
      signal,
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'BlueRelay-Webhooks',
        'x-bluereplies-event': post.eventType,
        'x-bluereplies-delivery-id': post.deliveryId,
        'x-bluereplies-attempt': String(post.attempt),
        'x-bluereplies-timestamp': String(unixSeconds),
        ...signatureHeaders(post.secret, body, unixSeconds),
      },
    });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal });
    return {
      kind: 'answered',
      status: answer.statusCode,
      retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock.now()),
    };
  }

  #agent(protocol: 'https:' | 'http:'): Agent {
    const { allowHttpWebhooks, connections, resolve = systemResolve } = this.#options;
    return new Agent({
      connections,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { lookup: guardedLookup(protocol, allowHttpWebhooks, resolve), timeout: ATTEMPT_LIMIT_MS },
    });
  }
}
