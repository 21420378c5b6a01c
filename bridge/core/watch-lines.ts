import { OFFLINE_AFTER_MS } from '../protocol/limits.ts';
import type { CoreContext } from './context.ts';
import { turnLine } from './tell-condition.ts';

/** Lines that one look turns. */
const BATCH = 100;

/**
 * Tells lines as offline whose Mac is away for longer than {@link OFFLINE_AFTER_MS}, and as back those whose Mac is there
 * although they were told as offline. To be called when every Mac had that long to connect to this bridge.
 */
export async function watchLines({ store, clock, wakeups }: CoreContext): Promise<void> {
  for (;;) {
    const now = clock.now();
    const seenAfter = now - OFFLINE_AFTER_MS;
    const turned = await store.listTurnedLines(seenAfter, BATCH);
    let deliveries = 0;
    for (const { id, accountId } of turned)
      deliveries += await store.transaction(async (tx) => {
        const [line, report, agents] = [
          await tx.findLine(accountId, id),
          await tx.findLineReport(id),
          await tx.listAgents(accountId),
        ];
        if (!line || !report) return 0;
        const seen = agents.some(({ lineId, lastSeenAt }) => lineId === id && (lastSeenAt ?? 0) > seenAfter);
        return turnLine(tx, line, seen ? null : now, now);
      });
    if (deliveries > 0) wakeups.delivery();
    if (turned.length < BATCH) return;
  }
}
