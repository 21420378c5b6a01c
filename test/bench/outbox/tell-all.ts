import type { Journal } from '../../../agent/journal/types.ts';
import { createLink } from '../../../agent/link/link.ts';
import { systemClock } from '../../../bridge/runtime/clock.ts';
import { silentLogger } from '../../support/agent-fixtures.ts';

type Identity = Parameters<typeof createLink>[0]['identity'];

/** A link over which the journal tells all its events; resolves once every one is acknowledged, before it is stopped. */
export async function tellAll(journal: Journal, identity: Identity): Promise<{ stop(): Promise<void> }> {
  const link = createLink({
    identity,
    versions: { agent: '0.0.0', macos: '26' },
    journal,
    clock: systemClock,
    logger: silentLogger,
    onCommands: () => undefined,
    onBehind: () => Promise.resolve(),
  });
  link.start();
  while (journal.eventTextsAfter(0, 1).length > 0) await systemClock.sleep(20);
  return { stop: () => link.stop(AbortSignal.abort()) };
}
