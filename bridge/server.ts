import { createApi } from './api/api.ts';
import type { BridgeConfig } from './config.ts';
import { createCore } from './core/core.ts';
import type { Core } from './core/types.ts';
import { createHub } from './hub/hub.ts';
import { operatorErrors } from './protocol/errors.ts';
import { OFFLINE_AFTER_MS } from './protocol/limits.ts';
import { AppError, errorCode } from './runtime/app-error.ts';
import type { Clock } from './runtime/clock.ts';
import type { Service } from './runtime/lifecycle.ts';
import type { Logger } from './runtime/logger.ts';
import { Wakeable } from './runtime/wakeable.ts';
import { openMediaFolder } from './store/media-folder.ts';
import { openStore, type StoreOptions } from './store/store.ts';
import type { MediaFiles, Store } from './store/types.ts';
import { createWebhookDispatcher } from './webhooks/webhooks.ts';

export interface BridgeOptions {
  config: BridgeConfig;
  clock: Clock;
  logger: Logger;
  overrides?: {
    /** Used in place of the configured store, and closed as it would be. */
    store?: Store;
  };
}

/** A bridge that serves. */
export interface Bridge extends Service {
  /** Where this machine reaches it: `http://127.0.0.1:8787`. */
  url: string;
}

/**
 * Opens the configured store. Throws `store_unavailable` with what the system or the database says, and none of its
 * URL, which may hold a password.
 */
export async function openConfiguredStore(
  config: BridgeConfig,
  clock: Clock,
  onTrouble?: StoreOptions['onTrouble'],
): Promise<Store> {
  try {
    return await openStore({ url: config.store, clock, ...(onTrouble && { onTrouble }) });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError(`The store cannot be opened: ${errorCode(cause)}`, {
      code: 'store_unavailable',
      ...operatorErrors.store_unavailable,
      cause,
    });
  }
}

/** How often messages are looked for whose time to leave is over. */
const EXPIRE_EVERY_MS = 60_000;

/** Ends messages past their deadline from now on; returns what stops that. */
function expireRegularly(core: Core, clock: Clock, logger: Logger): () => Promise<void> {
  const expiring = new Wakeable({
    work: () => core.expireMessages(),
    onFailed: (error) => logger.error({ code: errorCode(error) }, 'messages could not be expired'),
  });
  const cancel = clock.every(EXPIRE_EVERY_MS, () => expiring.wake());
  expiring.wake();
  return () => {
    cancel();
    return expiring.idle();
  };
}

/** How often lines are looked at whose Mac went away, or came back. */
const WATCH_EVERY_MS = 15_000;

/**
 * Tells from now on which lines are offline. Nothing is told while Macs may still be on their way: at first, and when
 * this machine slept.
 */
function watchRegularly(core: Core, clock: Clock, logger: Logger): () => Promise<void> {
  let since = clock.now();
  let lastLook = since;
  const watching = new Wakeable({
    work: () => core.watchLines(),
    onFailed: (error) => logger.error({ code: errorCode(error) }, 'lines could not be watched'),
  });
  const cancel = clock.every(WATCH_EVERY_MS, () => {
    const now = clock.now();
    if (Math.abs(now - lastLook) > OFFLINE_AFTER_MS) since = now;
    lastLook = now;
    if (now - since >= OFFLINE_AFTER_MS) watching.wake();
  });
  return () => {
    cancel();
    return watching.idle();
  };
}

async function openConfiguredMedia(config: BridgeConfig, clock: Clock): Promise<MediaFiles> {
  try {
    return await openMediaFolder(config.media, clock);
  } catch (cause) {
    throw new AppError(`The folder of media cannot be opened: ${errorCode(cause)}`, {
      code: 'store_unavailable',
      ...operatorErrors.store_unavailable,
      cause,
    });
  }
}

type Release = (hurry: AbortSignal) => Promise<void>;

/** Releases in the reverse of the order of taking; one that fails does not keep the others. */
async function releaseAll(releases: Release[], hurry: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (let release = releases.pop(); release; release = releases.pop()) {
    try {
      await release(hurry);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, 'several parts of the bridge did not stop cleanly');
}

/**
 * Starts a bridge: store, core, hub, webhooks, then HTTP. Stopping it fails `/readyz`, closes the agents' sessions,
 * lets requests and deliveries under way end, then closes the store. Throws `port_in_use`, `cannot_listen` or
 * `store_unavailable`, having released what it had taken.
 */
export async function startBridge({ config, clock, logger, overrides }: BridgeOptions): Promise<Bridge> {
  const { allowHttpWebhooks, host, port } = config;
  const releases: Release[] = [];
  let draining = false;
  try {
    const store =
      overrides?.store ??
      (await openConfiguredStore(config, clock, (error) =>
        logger.warn(
          { code: errorCode(error) },
          'what other bridges store is heard of late: no LISTEN or NOTIFY',
        ),
      ));
    releases.push(() => store.close());
    const media = await openConfiguredMedia(config, clock);
    const core = createCore({ store, clock, logger, allowHttpWebhooks, media });
    releases.push(expireRegularly(core, clock, logger));
    releases.push(watchRegularly(core, clock, logger));
    const webhooks = createWebhookDispatcher({
      store,
      wakeups: core.wakeups,
      clock,
      logger,
      allowHttpWebhooks,
    });
    releases.push((hurry) => webhooks.stop(hurry));
    const hub = createHub({ core, clock, logger });
    const api = await createApi({
      core,
      clock,
      logger: logger.child({ part: 'api' }),
      readiness: { checkStore: () => store.check(), draining: () => draining },
    });
    releases.push((hurry) => api.close(hurry));
    hub.attach(api.server);
    releases.push((hurry) => hub.stop(hurry));
    const url = await api.listen({ host, port });
    webhooks.start();
    logger.info({ host, port: Number(new URL(url).port) }, 'listening');
    return {
      url,
      async stop(hurry) {
        draining = true;
        await releaseAll(releases, hurry);
        logger.info('stopped');
      },
    };
  } catch (error) {
    await releaseAll(releases, AbortSignal.abort());
    throw error;
  }
}
