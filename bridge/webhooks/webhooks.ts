import type { Wakeups } from '../core/types.ts';
import { errorCode } from '../runtime/app-error.ts';
import type { Cancel, Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { Wakeable } from '../runtime/wakeable.ts';
import type { DueDelivery, Store } from '../store/types.ts';
import { ATTEMPT_LIMIT_MS, WebhookClient } from './client.ts';
import { type AttemptOutcome, afterAttempt, isGone } from './delivery-states.ts';
import type { Resolve } from './destination.ts';
import { Slots } from './slots.ts';

/** Attempts under way at once: in all, and to one endpoint. */
const CONCURRENCY = 64;
const CONCURRENCY_PER_ENDPOINT = 16;
/** Deliveries leased at once. No more than one endpoint can begin twice over within a lease. */
const BATCH = 16;
/** Long enough to wait for one attempt that goes before, and to be made. */
const LEASE_MS = 2 * ATTEMPT_LIMIT_MS + 5_000;
const LOOK_EVERY_MS = 5_000;

export interface WebhookDispatcherOptions {
  store: Store;
  wakeups: Wakeups;
  clock: Clock;
  logger: Logger;
  /** Also deliver to this machine, by http as well; never in production. */
  allowHttpWebhooks: boolean;
  /** The name service; the machine's own when absent. */
  resolve?: Resolve;
  /** How often the store is asked, unbidden, for what another bridge process may have left; 5 seconds when absent. */
  lookEveryMs?: number;
  /** A number in [0, 1). */
  random?: () => number;
}

export interface WebhookDispatcher {
  start(): void;
  /** Ends what is under way, gives back what was leased but not begun; `hurry` abandons the attempts under way. */
  stop(hurry: AbortSignal): Promise<void>;
}

class Dispatcher implements WebhookDispatcher {
  readonly #options: WebhookDispatcherOptions;
  readonly #logger: Logger;
  readonly #client: WebhookClient;
  readonly #slots = new Slots<DueDelivery>(CONCURRENCY, CONCURRENCY_PER_ENDPOINT);
  readonly #underWay = new Set<Promise<void>>();
  readonly #leasing = new Wakeable({
    work: () => this.#lease(),
    onFailed: (error) => this.#logger.error({ code: errorCode(error) }, 'deliveries could not be leased'),
  });
  readonly #release: Cancel[] = [];
  #cancelTimer: Cancel | undefined;
  #stopping = false;

  constructor(options: WebhookDispatcherOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ part: 'webhooks' });
    const { clock, allowHttpWebhooks, resolve } = options;
    const connections = CONCURRENCY_PER_ENDPOINT;
    this.#client = new WebhookClient({
      clock,
      allowHttpWebhooks,
      connections,
      ...(resolve && { resolve }),
    });
  }

  start(): void {
    const { wakeups, clock, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    this.#release.push(
      wakeups.onDelivery(() => this.#leasing.wake()),
      clock.every(lookEveryMs, () => this.#leasing.wake()),
    );
    this.#leasing.wake();
  }

  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const release of this.#release.splice(0)) release();
    this.#cancelTimer?.();
    const abandon = (): void => this.#client.abandon();
    if (hurry.aborted) abandon();
    hurry.addEventListener('abort', abandon, { once: true });
    await this.#leasing.idle();
    await Promise.all(this.#slots.drain().map((due) => this.#finish(due, { kind: 'abandoned' })));
    await Promise.all(this.#underWay);
    hurry.removeEventListener('abort', abandon);
    await this.#client.close();
  }

  async #lease(): Promise<void> {
    const { store, clock } = this.#options;
    while (!this.#stopping) {
      const limit = Math.min(BATCH, this.#slots.free);
      if (limit === 0) return;
      const leased = await store.leaseDueDeliveries(clock.now(), LEASE_MS, limit, this.#slots.full());
      for (const due of leased) this.#take(due);
      if (leased.length === 0) break;
    }
    await this.#setTimer();
  }

  async #setTimer(): Promise<void> {
    const { store, clock } = this.#options;
    if (this.#stopping) return;
    const at = await store.nextDeliveryAt();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const wait = at === undefined ? 0 : at - clock.now();
    if (wait > 0 && !this.#stopping) this.#cancelTimer = clock.after(wait, () => this.#leasing.wake());
  }

  #take(due: DueDelivery): void {
    if (this.#slots.enter(due.webhook.id, due)) this.#begin(due);
  }

  #begin(due: DueDelivery): void {
    const work = this.#attempt(due).finally(() => {
      this.#underWay.delete(work);
      const next = this.#slots.leave(due.webhook.id);
      if (next) this.#begin(next);
      if (!this.#stopping) this.#leasing.wake();
    });
    this.#underWay.add(work);
  }

  async #attempt(due: DueDelivery): Promise<void> {
    const { clock } = this.#options;
    const { delivery, webhook, event } = due;
    const startedAt = clock.now();
    if ((delivery.leasedUntil ?? 0) < startedAt + ATTEMPT_LIMIT_MS) return;
    const attempt = delivery.attempts + 1;
    const outcome = await this.#client.post({
      url: webhook.url,
      secret: webhook.secret,
      payload: event.payload,
      eventType: event.type,
      deliveryId: delivery.id,
      attempt,
    });
    const status = outcome.kind === 'answered' ? outcome.status : null;
    const code = outcome.kind === 'failed' ? outcome.code : undefined;
    const ms = clock.now() - startedAt;
    this.#logger.info(
      { deliveryId: delivery.id, webhookId: webhook.id, status, code, attempt, ms },
      'webhook',
    );
    await this.#finish(due, outcome);
  }

  async #finish({ delivery, webhook }: DueDelivery, outcome: AttemptOutcome): Promise<void> {
    const { store, clock, random = Math.random } = this.#options;
    const { state, attempts, nextAttemptAt, lastStatus } = delivery;
    const before = { state, attempts, nextAttemptAt, lastStatus };
    try {
      await store.finishDelivery(delivery.id, afterAttempt(before, outcome, clock.now(), random()));
      if (isGone(outcome)) await store.disableWebhook(webhook.id);
    } catch (error) {
      this.#logger.error(
        { code: errorCode(error), deliveryId: delivery.id },
        'an attempt could not be noted; it is made again when its lease ends',
      );
    }
  }
}

/** Delivers customers' events to their endpoints, at least once, until told to stop. */
export const createWebhookDispatcher = (options: WebhookDispatcherOptions): WebhookDispatcher =>
  new Dispatcher(options);
