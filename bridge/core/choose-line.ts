import type { Agent, Line, StoreOperations } from '../store/types.ts';
import { normaliseHandle } from './handles.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

export interface ChosenLine {
  line: Line;
  agent: Agent;
}

export interface LineWish {
  from: string | undefined;
  to: string;
  /** Tells why a line cannot be taken; every line can when absent. */
  refuses?: (line: Line) => Promise<LineRefusal | undefined>;
}

export interface LineRefusal {
  lineId: string;
  status: 'banned' | 'paused';
}

/**
 * The line that a message leaves from: the one asked for; else the line of the newest conversation with the recipient;
 * else the line whose agent was heard of last. A line without an agent cannot be chosen, nor one that `refuses`:
 * `line_unavailable` for the one asked for, `no_line_available` when no other is left.
 */
export async function chooseLine(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  { from, to, refuses = async () => undefined }: LineWish,
): Promise<ChosenLine> {
  if (from !== undefined) {
    const line = await findLine(tx, accountId, from);
    if (!line) throw requestError('invalid_from', 'from is no line of this account', 'from');
    const agent = await tx.findAgentOfLine(line.id);
    if (!agent) throw requestError('no_line_available', 'No Mac is enrolled for this line', 'from');
    const refusal = await refuses(line);
    if (refusal) throw unavailable(refusal, 'from');
    return { line, agent };
  }
  const known = await tx.findLineOfParticipant(accountId, mode, to);
  const agentOfKnown = known && (await tx.findAgentOfLine(known.id));
  if (agentOfKnown && !(await refuses(known))) return { line: known, agent: agentOfKnown };
  const agents = (await tx.listAgents(accountId))
    .filter((candidate) => candidate.revokedAt === null)
    .sort((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0));
  let refusal: LineRefusal | undefined;
  for (const agent of agents) {
    const line = await tx.findLine(accountId, agent.lineId);
    if (!line) continue;
    const refused = await refuses(line);
    if (!refused) return { line, agent };
    refusal ??= refused;
  }
  throw refusal ? noneLeft(refusal) : requestError('no_line_available', 'The account has no line with a Mac');
}

/** The line that is meant cannot take it; `param` is where the request names it. */
export const unavailable = (refusal: LineRefusal, param?: string) =>
  requestError('line_unavailable', `The line is ${refusal.status}`, param, { ...refusal });

/** No line can take it, of which one refuses for the reason given. */
export const noneLeft = (refusal: LineRefusal) =>
  requestError('no_line_available', `The line is ${refusal.status}, and no other can send this`, undefined, {
    ...refusal,
  });

async function findLine(tx: StoreOperations, accountId: string, from: string): Promise<Line | undefined> {
  if (from.startsWith('ln_')) return tx.findLine(accountId, from);
  const handle = normaliseHandle(from);
  return handle === undefined ? undefined : tx.findLineByHandle(accountId, handle);
}
