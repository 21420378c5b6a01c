import { createCore } from '../core/core.ts';
import type { Core } from '../core/types.ts';
import { openConfiguredStore } from '../server.ts';
import type { Store } from '../store/types.ts';
import type { CommandContext } from './command.ts';

/** Opens the configured store, beside a bridge that may be serving from it, and closes it when the work is done. */
export async function withCore<T>(
  { config, clock, logger }: CommandContext,
  work: (core: Core, store: Store) => Promise<T>,
): Promise<T> {
  const store = await openConfiguredStore(config, clock);
  try {
    const core = createCore({ store, clock, logger, allowHttpWebhooks: config.allowHttpWebhooks });
    return await work(core, store);
  } finally {
    await store.close();
  }
}
