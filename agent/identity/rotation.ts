import { describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import type { Keyring, KeyState } from './keyring.ts';
import { announceKey } from './request.ts';

/** After an announcement that failed, in milliseconds. */
const AGAIN_MS = 60_000;

export interface RotationOptions {
  agentId: string;
  /** Address of the bridge. */
  bridge: string;
  keys: Keyring;
  /** Whether a session is open now. */
  isOpen(): boolean;
  /** Opens a new session, with the key that is in use then. */
  reconnect(): void;
  clock: Clock;
  logger: Logger;
}

/** How far a rotation is, as people see it. */
export interface RotationStatus {
  state: KeyState;
  /** Fingerprints. */
  key: string;
  nextKey: string | null;
  /** Why the last announcement failed; null after one that did not. */
  problem: { code: string; message: string } | null;
}

/** Brings a second key to the bridge, whenever there is one, and connects with it. */
export class Rotation {
  readonly #options: RotationOptions;
  #announcing = false;
  #stopped = false;
  #problem: RotationStatus['problem'] = null;
  #cancel: Cancel | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  status(): RotationStatus {
    const { keys } = this.#options;
    return { state: keys.state, ...keys.fingerprints(), problem: this.#problem };
  }

  /** Makes the next key, and announces it now or when the link opens. */
  rotate(): RotationStatus {
    const { keys, isOpen } = this.#options;
    keys.make();
    if (isOpen()) void this.#announce();
    return this.status();
  }

  /** To be told of each session that opens. */
  onOpen(): void {
    const { keys, logger } = this.#options;
    if (keys.opened()) logger.info(keys.fingerprints(), 'the key was rotated');
    if (keys.state === 'made') void this.#announce();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #announce(): Promise<void> {
    const { agentId, bridge, keys, clock, logger, reconnect } = this.#options;
    const request = keys.announcement(agentId);
    if (!request || this.#announcing) return;
    this.#announcing = true;
    this.#cancel?.();
    try {
      await announceKey(bridge, request, clock);
      this.#problem = null;
      if (this.#stopped) return;
      keys.announced();
      reconnect();
    } catch (error) {
      logger.warn({ error: describeError(error) }, 'the next key could not be announced');
      this.#problem = { code: errorCode(error), message: describeError(error) };
      if (!this.#stopped) this.#cancel = clock.after(AGAIN_MS, () => this.#again());
    } finally {
      this.#announcing = false;
    }
  }

  #again(): void {
    if (this.#options.isOpen() && this.#options.keys.state === 'made') void this.#announce();
  }
}
