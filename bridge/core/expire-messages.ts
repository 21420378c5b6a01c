import type { StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { giveUpCommand } from './give-up-command.ts';

/** Commands of one transaction. */
const BATCH = 100;

/**
 * Ends the wait for commands whose deadline has passed. Those that an agent acknowledged stay for it to tell; of the
 * others the message failed, or is uncertain when it may have reached the agent.
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
    if (command.seq <= agent.commandAck) {
      await tx.settleCommand(command.id, now);
      continue;
    }
    const note = (what: string, ids: Record<string, string>): void => logger.warn(ids, what);
    const why = command.seq <= agent.commandSent ? 'maybe_taken' : 'never_sent';
    deliveries += await giveUpCommand({ tx, agent, now, note }, command, why);
  }
  return { count: overdue.length, deliveries };
}
