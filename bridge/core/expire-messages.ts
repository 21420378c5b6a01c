import type { StoreOperations } from '../store/types.ts';
import { isConnected } from './connected.ts';
import type { CoreContext } from './context.ts';
import { giveUpCommand } from './give-up-command.ts';
import { loseCommands } from './lose-commands.ts';

/** Commands of one transaction. */
const BATCH = 100;

/**
 * Ends the wait for commands whose deadline has passed. Those that an agent acknowledged are left to it while it is
 * connected. Of the others the message failed when it never left this bridge, and is uncertain when it did.
 */
export async function expireMessages(context: CoreContext): Promise<void> {
  for (;;) {
    const now = context.clock.now();
    const { count, deliveries } = await context.store.transaction((tx) => settleOverdue(context, tx, now));
    if (deliveries > 0) context.wakeups.delivery();
    if (count < BATCH) return;
  }
}

async function settleOverdue(
  { logger }: CoreContext,
  tx: StoreOperations,
  now: number,
): Promise<{ count: number; deliveries: number }> {
  const overdue = await tx.lockOverdueCommands(now, BATCH);
  let deliveries = 0;
  for (const { command, agent } of overdue) {
    const note = (what: string, ids: Record<string, string>): void => logger.warn(ids, what);
    const following = { tx, agent, now, note };
    if (command.seq > agent.commandSent) deliveries += await giveUpCommand(following, command);
    else if (command.seq <= agent.commandAck && isConnected(agent, now))
      await tx.settleCommand(command.id, now);
    else deliveries += await loseCommands(following, [command], 'silent');
  }
  return { count: overdue.length, deliveries };
}
