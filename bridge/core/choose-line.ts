import type { Agent, Line, StoreOperations } from '../store/types.ts';
import { normaliseHandle } from './handles.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

export interface ChosenLine {
  line: Line;
  agent: Agent;
}

/**
 * The line that a message leaves from: the one asked for; else the line of the newest conversation with the recipient;
 * else the line whose agent was heard of last. A line without an agent cannot be chosen.
 */
export async function chooseLine(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  { from, to }: { from: string | undefined; to: string },
): Promise<ChosenLine> {
  if (from !== undefined) {
    const line = await findLine(tx, accountId, from);
    if (!line) throw requestError('invalid_from', 'from is no line of this account', 'from');
    const agent = await tx.findAgentOfLine(line.id);
    if (agent) return { line, agent };
    throw requestError('no_line_available', 'No Mac is enrolled for this line', 'from');
  }
  const known = await tx.findLineOfParticipant(accountId, mode, to);
  const agentOfKnown = known && (await tx.findAgentOfLine(known.id));
  if (agentOfKnown) return { line: known, agent: agentOfKnown };
  const [agent] = (await tx.listAgents(accountId))
    .filter((candidate) => candidate.revokedAt === null)
    .sort((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0));
  const line = agent && (await tx.findLine(accountId, agent.lineId));
  if (!line) throw requestError('no_line_available', 'The account has no line with a Mac');
  return { line, agent };
}

async function findLine(tx: StoreOperations, accountId: string, from: string): Promise<Line | undefined> {
  if (from.startsWith('ln_')) return tx.findLine(accountId, from);
  const handle = normaliseHandle(from);
  return handle === undefined ? undefined : tx.findLineByHandle(accountId, handle);
}
