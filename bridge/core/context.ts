import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { MediaFiles, Store } from '../store/types.ts';
import type { LookupMemory } from './lookup-memory.ts';
import type { WakeupEmitter } from './wakeups.ts';

/** What every use-case works with. */
export interface CoreContext {
  store: Store;
  clock: Clock;
  logger: Logger;
  wakeups: WakeupEmitter;
  lookups: LookupMemory;
  /** Endpoints on this machine may be plain http: for a bridge that a person tries out, never in production. */
  allowHttpWebhooks: boolean;
  /** Where the bytes of media are; undefined in a process that serves none. */
  media: MediaFiles | undefined;
}
