import { closeCodes } from '../protocol/close-codes.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Agent, Line } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { notFound } from './request-error.ts';
import { turnLine } from './tell-condition.ts';

/** Begins a session; those before it are fenced from its commit on. Throws `revoked` for an agent that is shut out. */
export async function openSession(
  { store, clock, wakeups }: CoreContext,
  agentId: string,
  session: { sessionId: string; journalId: string; commandAck: number },
): Promise<{ agent: Agent; line: Line }> {
  const { sessionId, journalId, commandAck } = session;
  const { deliveries, ...opened } = await store.transaction(async (tx) => {
    const now = clock.now();
    const before = await tx.findAgent(agentId);
    const agent = await tx.openSession(agentId, { sessionId, journalId, now });
    if (!before || !agent) {
      throw new AppError('The agent is not known or was revoked', {
        code: 'revoked',
        retry: closeCodes.revoked.retry,
        hint: closeCodes.revoked.meaning,
      });
    }
    if (before.journalId === journalId) await tx.advanceCommandAck(agentId, commandAck);
    const line = await tx.findLine(agent.accountId, agent.lineId);
    if (!line) throw notFound('line');
    const told = await turnLine(tx, line, null, now);
    return { agent: (await tx.findAgent(agentId)) ?? agent, line, deliveries: told };
  });
  wakeups.session(agentId, sessionId);
  if (deliveries > 0) wakeups.delivery();
  return opened;
}
