import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Logger } from '../runtime/logger.ts';
import type { Signals } from '../store/types.ts';
import type { Wakeups } from './types.ts';

type Listener<A extends unknown[]> = (...args: A) => void;

/** What is told to other bridges of the store; `from` is the one that tells. */
const signalSchema = z.discriminatedUnion('of', [
  z.object({ of: z.literal('command'), from: z.string(), agentId: z.string() }),
  z.object({ of: z.literal('line'), from: z.string(), agentId: z.string() }),
  z.object({
    of: z.literal('session'),
    from: z.string(),
    agentId: z.string(),
    sessionId: z.string().nullable(),
  }),
]);
type Signal = z.infer<typeof signalSchema>;
type Told = Signal extends infer S ? (S extends Signal ? Omit<S, 'from'> : never) : never;

/**
 * Tells the listeners of this process that there is work, and those of other processes where the store carries it. Called
 * only after the commit that made the work.
 */
export class WakeupEmitter implements Wakeups {
  readonly #logger: Logger;
  readonly #signals: Signals;
  readonly #id = randomUUID();
  readonly #command = new Set<Listener<[string]>>();
  readonly #delivery = new Set<Listener<[]>>();
  readonly #line = new Set<Listener<[string]>>();
  readonly #session = new Set<Listener<[string, string | null]>>();
  #listening = false;

  constructor(logger: Logger, signals: Signals) {
    this.#logger = logger;
    this.#signals = signals;
  }

  onCommand(listener: Listener<[string]>): () => void {
    return this.#subscribe(this.#command, listener);
  }

  onDelivery(listener: Listener<[]>): () => void {
    return subscribe(this.#delivery, listener);
  }

  onSession(listener: Listener<[string, string | null]>): () => void {
    return this.#subscribe(this.#session, listener);
  }

  command(agentId: string): void {
    this.#tell(this.#command, agentId);
    this.#signal({ of: 'command', agentId });
  }

  /** Whoever made the delivery looks for it: other processes need not hear of it. */
  delivery(): void {
    this.#tell(this.#delivery);
  }

  onLine(listener: (agentId: string) => void): () => void {
    return this.#subscribe(this.#line, listener);
  }

  line(agentId: string): void {
    this.#tell(this.#line, agentId);
    this.#signal({ of: 'line', agentId });
  }

  session(agentId: string, sessionId: string | null): void {
    this.#tell(this.#session, agentId, sessionId);
    this.#signal({ of: 'session', agentId, sessionId });
  }

  #signal(told: Told): void {
    this.#signals.signal(JSON.stringify({ ...told, from: this.#id }));
  }

  /** Whoever never asks hears nothing, and needs no connection for it. */
  #subscribe<A extends unknown[]>(listeners: Set<Listener<A>>, listener: Listener<A>): () => void {
    if (!this.#listening) this.#signals.onSignal((text) => this.#hear(text));
    this.#listening = true;
    return subscribe(listeners, listener);
  }

  #hear(text: string): void {
    const signal = signalOf(text);
    if (!signal || signal.from === this.#id) return;
    if (signal.of === 'command') this.#tell(this.#command, signal.agentId);
    else if (signal.of === 'line') this.#tell(this.#line, signal.agentId);
    else this.#tell(this.#session, signal.agentId, signal.sessionId);
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

/** Undefined for what a bridge of another release may say. */
function signalOf(text: string): Signal | undefined {
  try {
    return signalSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function subscribe<A extends unknown[]>(listeners: Set<Listener<A>>, listener: Listener<A>): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
