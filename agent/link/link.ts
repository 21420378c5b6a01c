import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import { describeError } from '../../bridge/runtime/app-error.ts';
import { Backoff, type BackoffOptions } from '../../bridge/runtime/backoff.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';
import { Connection, type ConnectionEnd, type LinkIdentity, type Versions } from './connection.ts';
import { type LinkEvent, type LinkState, transition } from './states.ts';

const BACKOFF = { baseMs: 500, capMs: 15_000, graceMs: 10_000 } as const;
/** How long a stop waits for the bridge to take the last events. */
const DRAIN_LIMIT_MS = 5_000;
const DRAIN_LOOK_MS = 20;

export interface LinkOptions {
  identity: LinkIdentity;
  versions: Versions;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  /** New commands are in the journal. */
  onCommands(): void;
  /** A connection is open. */
  onOpen?: () => void;
  backoff?: Partial<Pick<BackoffOptions, 'baseMs' | 'capMs' | 'graceMs' | 'random'>>;
}

/** The link as people see it. */
interface LinkStatus {
  state: LinkState;
  /** When this state began, ISO 8601. */
  since: string;
  /** Why the last connection ended: a close code of the protocol, or the name of a network error. */
  lastEnd: { code: string; meaning: string | null; at: string } | null;
  /** When the next attempt is made, while `closed`. */
  retryAt: string | null;
  /** How far the bridge's clock was ahead at the last challenge, in milliseconds. */
  clockSkewMs: number | null;
}

export interface Link {
  start(): void;
  status(): LinkStatus;
  /** Lets the bridge take the last events, a few seconds at most and not at all once `hurry` aborts; then closes. */
  stop(hurry: AbortSignal): Promise<void>;
}

class BridgeLink implements Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: LinkState = 'closed';
  #since: number;
  #lastEnd: LinkStatus['lastEnd'] = null;
  #retryAt: number | undefined;
  #skew: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#since = options.clock.now();
    this.#backoff = new Backoff({ ...BACKOFF, ...options.backoff, clock: options.clock });
  }

  start(): void {
    this.#running = this.#run();
  }

  status(): LinkStatus {
    return {
      state: this.#state,
      since: isoTime(this.#since),
      lastEnd: this.#lastEnd,
      retryAt: this.#retryAt === undefined ? null : isoTime(this.#retryAt),
      clockSkewMs: this.#skew,
    };
  }

  async stop(hurry: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + DRAIN_LIMIT_MS;
    while (this.#undrained && clock.now() < end && !hurry.aborted) await clock.sleep(DRAIN_LOOK_MS, hurry);
    this.#stopping.abort();
    this.#connection?.close('going_away');
    await this.#running;
  }

  get #undrained(): boolean {
    return this.#state === 'open' && this.#connection?.drained === false;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#enter('dial');
      const end = await this.#connect();
      this.#noteEnd(end);
      if (this.#stopping.signal.aborted) break;
      if (end.refused) {
        logger.error({ code: end.code }, 'the bridge refused this agent; a person must mend it');
        this.#enter('refused');
        return;
      }
      this.#enter('lost');
      const wait = this.#backoff.failed();
      logger.info({ code: end.code, waitMs: wait }, 'link closed');
      this.#retryAt = clock.now() + wait;
      await clock.sleep(wait, this.#stopping.signal);
      this.#retryAt = undefined;
    }
    this.#enter('stop');
  }

  async #connect(): Promise<ConnectionEnd> {
    const { identity, versions, journal, clock, logger, onCommands } = this.#options;
    try {
      const connection = new Connection({
        identity,
        versions,
        journal,
        clock,
        logger,
        onCommands,
        onState: (state) => this.#progress(state),
      });
      this.#connection = connection;
      return await connection.ended;
    } catch (error) {
      logger.error({ error: describeError(error) }, 'cannot connect');
      return { code: 'internal_error', refused: false };
    } finally {
      this.#connection = undefined;
    }
  }

  #progress(state: LinkState): void {
    this.#skew = this.#connection?.skew ?? this.#skew;
    if (state === 'challenged') this.#enter('challenge');
    if (state === 'open') {
      this.#enter('welcome');
      this.#backoff.succeeded();
      this.#options.logger.info('link open');
      this.#options.onOpen?.();
    }
  }

  #noteEnd({ code }: ConnectionEnd): void {
    const meaning = code in closeCodes ? closeCodes[code as CloseCode].meaning : null;
    this.#lastEnd = { code, meaning, at: isoTime(this.#options.clock.now()) };
  }

  #enter(event: LinkEvent): void {
    const state = transition(this.#state, event);
    if (state === undefined) return;
    this.#state = state;
    this.#since = this.#options.clock.now();
  }
}

/** The agent's link to its bridge: dials, proves who it is, resumes, and begins again after every cut. */
export const createLink = (options: LinkOptions): Link => new BridgeLink(options);
