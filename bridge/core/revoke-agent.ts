import type { CoreContext } from './context.ts';
import { loseCommands } from './lose-commands.ts';
import { notFound } from './request-error.ts';

/**
 * Shuts an agent out for good; it may enrol again with a new token. What it was sent and told no end of is uncertain; what
 * was never sent to it waits for the next agent of the line.
 */
export async function revokeAgent({ store, clock, logger, wakeups }: CoreContext, id: string): Promise<void> {
  const deliveries = await store.transaction(async (tx) => {
    const now = clock.now();
    const revoked = await tx.revokeAgent(id, now);
    const agent = await tx.findAgent(id);
    if (!agent) throw notFound('agent');
    if (!revoked) return 0;
    const note = (what: string, ids: Record<string, string>): void =>
      logger.warn({ agentId: id, ...ids }, what);
    return loseCommands({ tx, agent, now, note }, await tx.listOpenCommands(id), 'revoked');
  });
  wakeups.session(id, null);
  if (deliveries > 0) wakeups.delivery();
}
