import type { Logger } from '../runtime/logger.ts';
import type { Wakeups } from './types.ts';

type Listener<A extends unknown[]> = (...args: A) => void;

/** Tells the listeners of this process that there is work. Called only after the commit that made the work. */
export class WakeupEmitter implements Wakeups {
  readonly #logger: Logger;
  readonly #command = new Set<Listener<[string]>>();
  readonly #delivery = new Set<Listener<[]>>();
  readonly #line = new Set<Listener<[string]>>();
  readonly #session = new Set<Listener<[string, string | null]>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onCommand(listener: Listener<[string]>): () => void {
    return subscribe(this.#command, listener);
  }

  onDelivery(listener: Listener<[]>): () => void {
    return subscribe(this.#delivery, listener);
  }

  onSession(listener: Listener<[string, string | null]>): () => void {
    return subscribe(this.#session, listener);
  }

  command(agentId: string): void {
    this.#tell(this.#command, agentId);
  }

  delivery(): void {
    this.#tell(this.#delivery);
  }

  onLine(listener: (agentId: string) => void): () => void {
    return subscribe(this.#line, listener);
  }

  line(agentId: string): void {
    this.#tell(this.#line, agentId);
  }

  session(agentId: string, sessionId: string | null): void {
    this.#tell(this.#session, agentId, sessionId);
  }

  /** What was committed stays so whatever a listener does, hence its error goes to the log and not to the caller. */
  #tell<A extends unknown[]>(listeners: Set<Listener<A>>, ...args: A): void {
    for (const listener of listeners) {
      try {
        listener(...args);
      } catch (error) {
        this.#logger.error({ err: error }, 'a listener for work failed');
      }
    }
  }
}

function subscribe<A extends unknown[]>(listeners: Set<Listener<A>>, listener: Listener<A>): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
