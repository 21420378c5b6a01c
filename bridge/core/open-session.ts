import { closeCodes } from '../protocol/close-codes.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Agent, Line } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { loseCommands } from './lose-commands.ts';
import { notFound } from './request-error.ts';
import { turnLine } from './tell-condition.ts';
import type { NewSession } from './types.ts';

/** Begins a session; those before it are fenced from its commit on. Throws `revoked`, `unauthorized` and `journal_behind`. */
export async function openSession(
  { store, clock, logger, wakeups }: CoreContext,
  agentId: string,
  session: NewSession,
): Promise<{ agent: Agent; line: Line }> {
  const { sessionId, journalId, commandAck, publicKey, clockAheadMs } = session;
  const { deliveries, lost, ...opened } = await store.transaction(async (tx) => {
    const now = clock.now();
    const before = await tx.findAgent(agentId);
    if (before && isBehind(session, before)) throw refusal('journal_behind');
    const agent = await tx.openSession(agentId, { sessionId, journalId, publicKey, clockAheadMs, now });
    if (!before || !agent) throw refusal(before?.revokedAt === null ? 'unauthorized' : 'revoked');
    let news = 0;
    let doubted = 0;
    if (before.journalId === journalId) await tx.advanceCommandAck(agentId, commandAck);
    else if (before.journalId !== null) {
      const open = await tx.listOpenCommands(agentId);
      const note = (what: string, ids: Record<string, string>): void =>
        logger.warn({ agentId, ...ids }, what);
      doubted = open.length;
      news = await loseCommands({ tx, agent, now, note }, open, 'journal');
      // Whatever left this store may have been carried out by the journal that is gone.
      await tx.advanceCommandAck(agentId, before.commandSent);
    }
    const line = await tx.findLine(agent.accountId, agent.lineId);
    if (!line) throw notFound('line');
    const told = await turnLine(tx, line, null, now);
    return { agent: (await tx.findAgent(agentId)) ?? agent, line, deliveries: told + news, lost: doubted };
  });
  if (lost > 0)
    logger.warn({ agentId, commands: lost }, 'a new journal: what the one before had is uncertain');
  wakeups.session(agentId, sessionId);
  if (deliveries > 0) wakeups.delivery();
  return opened;
}

/** Whether the journal of a hello is an older copy of what it was when this bridge last heard of it. */
const isBehind = ({ journalId, commandAck, eventSeq }: NewSession, before: Agent): boolean =>
  before.journalId === journalId &&
  eventSeq !== undefined &&
  (eventSeq < before.eventSeq || commandAck < before.commandAck);

function refusal(code: 'journal_behind' | 'revoked' | 'unauthorized'): AppError {
  const { retry, meaning: hint } = closeCodes[code];
  return new AppError('The session is refused', { code, retry, hint });
}
