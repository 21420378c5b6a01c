import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import { describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import { Backoff, type BackoffOptions } from '../../bridge/runtime/backoff.ts';
import { type Clock, isoTime } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Journal } from '../journal/types.ts';
import {
  Connection,
  type ConnectionEnd,
  type LinkIdentity,
  type Versions,
  type WelcomedLine,
} from './connection.ts';
import { refusals, refusedWait } from './refusals.ts';
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
  /** Whether the agent may act changed: see {@link Link.mayAct}. */
  onMayAct?: () => void;
  /** What the bridge says of the line, before anything may be begun. */
  onLine?: (line: WelcomedLine) => void;
  /** A connection is open. */
  onOpen?: () => void;
  /**
   * The journal is not the newest, or another acted in the place of this agent: makes it a new journal, of which nothing
   * that is open is acted on. Rejects when that cannot be made durable; it is asked again before the next hello.
   */
  onBehind(): Promise<void>;
  /** The bridge does not know the key that signed; true when another one is tried next. */
  otherKey?: () => boolean;
  backoff?: Partial<Pick<BackoffOptions, 'baseMs' | 'capMs' | 'graceMs' | 'random'>>;
}

/** The link as people see it. */
interface LinkStatus {
  state: LinkState;
  /** When this state began, ISO 8601. */
  since: string;
  /** Why the last connection ended: a close code of the protocol, or the name of a network error. */
  lastEnd: { code: string; meaning: string | null; at: string } | null;
  /** What a person has to do, while `refused`. */
  mend: string | null;
  /** When the next attempt is made by itself, while `closed` or `refused`. */
  retryAt: string | null;
  /** How far the bridge's clock was ahead at the last challenge, in milliseconds. */
  clockSkewMs: number | null;
}

export interface Link {
  start(): void;
  status(): LinkStatus;
  /**
   * Whether this agent may act: a bridge has said since the start that the journal is the newest, and has not told since
   * that another took its place.
   */
  mayAct(): boolean;
  /** Dials now if it waits, whatever it waits for. */
  retry(): void;
  /** Closes the connection, if there is one, and dials anew. */
  reconnect(): void;
  /** Lets the bridge take the last events, a few seconds at most and not at all once `hurry` aborts; then closes. */
  stop(hurry: AbortSignal): Promise<void>;
}

class BridgeLink implements Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #waiting: AbortController | undefined;
  #trusted = false;
  #behind = false;
  #mend: string | null = null;
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
      mend: this.#mend,
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

  mayAct(): boolean {
    return this.#trusted;
  }

  retry(): void {
    this.#waiting?.abort();
  }

  reconnect(): void {
    this.#connection?.close('going_away');
    this.retry();
  }

  async #run(): Promise<void> {
    const { logger, otherKey } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#enter('dial');
      const end = await this.#attempt();
      this.#noteEnd(end);
      if (this.#stopping.signal.aborted) break;
      const refused = end.refused && !(end.code === 'unauthorized' && otherKey?.() === true);
      if (refused) {
        await this.#refused(end.code);
        continue;
      }
      if (end.code === 'journal_behind') this.#distrust();
      this.#enter('lost');
      const wait = this.#backoff.failed();
      logger.info({ code: end.code, waitMs: wait }, 'link closed');
      await this.#wait(wait);
    }
    this.#enter('stop');
  }

  /** Waits until a person, or time where that may help, lets it dial again. */
  async #refused(code: string): Promise<void> {
    const { random = Math.random } = this.#options.backoff ?? {};
    const refusal = code in refusals ? refusals[code as CloseCode] : undefined;
    this.#mend = refusal?.hint ?? null;
    this.#options.logger.error({ code, mend: this.#mend }, 'the bridge refuses this agent');
    if (refusal?.outOfOffice) this.#distrust();
    this.#enter('refused');
    await this.#wait(refusal?.again ? refusedWait(random()) : undefined);
    this.#mend = null;
  }

  #distrust(): void {
    this.#behind = true;
    this.#trust(false);
  }

  #trust(trusted: boolean): void {
    if (this.#trusted === trusted) return;
    this.#trusted = trusted;
    this.#options.onMayAct?.();
  }

  /** Waits for so many milliseconds, or without end; {@link retry} and a stop end it. */
  async #wait(ms: number | undefined): Promise<void> {
    const { clock } = this.#options;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const signal = AbortSignal.any([waiting.signal, this.#stopping.signal]);
    if (ms !== undefined) {
      this.#retryAt = clock.now() + ms;
      await clock.sleep(ms, signal);
    } else if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    this.#waiting = undefined;
    this.#retryAt = undefined;
  }

  async #attempt(): Promise<ConnectionEnd> {
    try {
      if (this.#behind) await this.#options.onBehind();
      this.#behind = false;
    } catch (error) {
      this.#options.logger.error({ error: describeError(error) }, 'the journal cannot be begun anew');
      return { code: errorCode(error), refused: false };
    }
    return this.#connect();
  }

  async #connect(): Promise<ConnectionEnd> {
    const { identity, versions, journal, clock, logger, onCommands, onLine } = this.#options;
    try {
      const connection = new Connection({
        identity,
        versions,
        journal,
        // Of an earlier program the journal knows only what stood in it when it was opened.
        eventSeq: this.#trusted ? journal.lastEventSeq() : journal.openedAt,
        clock,
        logger,
        onCommands,
        onLine: (line) => onLine?.(line),
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
      this.#trust(true);
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
