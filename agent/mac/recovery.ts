import { describeError } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { MessagesProcess } from './messages-process.ts';
import { nextStep, type RecoveryState, type RecoveryStep, type Sight, WELL } from './recovery-states.ts';

/** How long a step gets before Messages is looked at again, in milliseconds. */
const SETTLES_MS: Readonly<Record<RecoveryStep, number>> = {
  well: 0,
  open: 5_000,
  quit: 5_000,
  terminate: 3_000,
  kill: 2_000,
  restart_agent: 5_000,
  person: 5 * 60_000,
};
/** Pause after Messages could not be looked at, as on a full disk, in milliseconds. */
const BLIND_MS = 5_000;
/** Without anything new in chat.db for so long, Messages is brought to the front, in milliseconds. */
const IDLE_MS = 10 * 60_000;

export interface RecoveryOptions {
  messages: MessagesProcess;
  clock: Clock;
  logger: Logger;
  /** When anything last came into chat.db or was sent, in milliseconds since the Unix epoch. */
  lastSignOfLife: () => number;
  /** Whether an idle Messages may be brought to the front: not while a person works at the screen. */
  mayNudge: () => boolean;
  /** Called whenever the step changes. */
  onStep?: (step: RecoveryStep) => void;
}

/** Keeps Messages alive: brings it back when it hangs or is gone, and wakes it when it has been idle for long. */
export interface Recovery {
  /** An act found Messages not running, or silent until its deadline. */
  trouble(sight: Exclude<Sight, 'answers'>): void;
  /** The step that is being taken; `person` when only a person can help. */
  step(): RecoveryStep;
  stop(): Promise<void>;
}

export function startRecovery(options: RecoveryOptions): Recovery {
  return new Keeper(options);
}

class Keeper implements Recovery {
  readonly #options: RecoveryOptions;
  readonly #stopping = new AbortController();
  readonly #cancelIdle: Cancel;
  #state: RecoveryState = WELL;
  #running: Promise<void> | undefined;
  #nudgedAt = -Infinity;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#cancelIdle = options.clock.every(IDLE_MS / 10, () => this.#idle(), { unref: true });
  }

  trouble(sight: Exclude<Sight, 'answers'>): void {
    if (this.#stopping.signal.aborted) return;
    this.#running ??= this.#bringBack(sight).finally(() => {
      this.#running = undefined;
    });
  }

  step(): RecoveryStep {
    return this.#state.step;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelIdle();
    await this.#running;
  }

  /** Goes on until Messages is well, whatever fails meanwhile: until then every act is refused. */
  async #bringBack(first: Sight): Promise<void> {
    const { messages, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let sight: Sight | undefined = first;
    for (; !signal.aborted; sight = await this.#try(messages.look())) {
      if (sight === undefined) {
        await clock.sleep(BLIND_MS, signal);
        continue;
      }
      const state = nextStep(this.#state, sight);
      if (state.step !== this.#state.step) {
        logger.warn({ sight, step: state.step }, 'bringing Messages back');
        this.#options.onStep?.(state.step);
      }
      this.#state = state;
      if (state.step === 'well') return;
      if (state.step !== 'person') await this.#try(messages.take(state.step));
      await clock.sleep(SETTLES_MS[state.step], signal);
      if (signal.aborted) return;
    }
  }

  /** Undefined when it failed, as is logged: the next look says what to do. */
  async #try<Value>(attempt: Promise<Value>): Promise<Value | undefined> {
    try {
      return await attempt;
    } catch (error) {
      this.#options.logger.error({ error: describeError(error) }, 'a step of bringing Messages back failed');
      return undefined;
    }
  }

  /** A Mac that has been idle for long stops receiving, even awake; a Messages in front wakes it. */
  #idle(): void {
    const { clock, lastSignOfLife, mayNudge, messages, logger } = this.#options;
    const now = clock.now();
    if (this.#running || now - Math.max(lastSignOfLife(), this.#nudgedAt) < IDLE_MS || !mayNudge()) return;
    this.#nudgedAt = now;
    this.#running = messages
      .nudge()
      .catch((error: unknown) => logger.warn({ error: describeError(error) }, 'Messages could not be woken'))
      .finally(() => {
        this.#running = undefined;
      });
  }
}
