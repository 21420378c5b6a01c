import { z } from 'zod';
import type { Caller, Core } from '../../core/types.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { Agent, Line } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const lineSchema = z
  .object({
    id: z.string(),
    handle: z.string().describe('E.164 number or email from which messages leave.'),
    connected: z.boolean().describe('Whether its Mac is connected.'),
    lastSeenAt: isoTimeSchema.nullable().describe('When its Mac was last there, to about a minute.'),
  })
  .meta({ id: 'Line' });

function lineObject(line: Line, agents: readonly Agent[], core: Core): z.infer<typeof lineSchema> {
  const own = agents.filter((agent) => agent.lineId === line.id);
  const lastSeenAt = Math.max(...own.map((agent) => agent.lastSeenAt ?? 0), 0);
  return {
    id: line.id,
    handle: line.handle,
    connected: own.some((agent) => agent.revokedAt === null && core.isConnected(agent)),
    lastSeenAt: lastSeenAt === 0 ? null : isoTime(lastSeenAt),
  };
}

/** The lines of the caller's account, as the API shows them; both modes have the same ones. */
export async function linesOf(core: Core, { accountId }: Caller): Promise<z.infer<typeof lineSchema>[]> {
  const [lines, agents] = await Promise.all([core.listLines(accountId), core.listAgents(accountId)]);
  return lines.map((line) => lineObject(line, agents, core));
}
