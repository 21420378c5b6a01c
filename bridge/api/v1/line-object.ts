import { z } from 'zod';
import type { Caller, Core } from '../../core/types.ts';
import { actions } from '../../protocol/common.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { Agent, Line, LineReport } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

const capabilitiesSchema = z
  .object({
    macos: z.string().describe('Release of macOS.'),
    checkedAt: isoTimeSchema,
    actions: z.array(
      z.object({
        action: z.enum(actions),
        method: z
          .enum(['scripting', 'ui', 'files', 'unavailable'])
          .describe('`unavailable` is refused before anything happens.'),
        macos: z.string().describe('Releases for which the method is known to work.'),
        reason: z.string(),
        calibrated: z.enum(['works', 'fails', 'never']).describe('How it went when it was last tried out.'),
      }),
    ),
  })
  .meta({ id: 'Capabilities' });

export const lineSchema = z
  .object({
    id: z.string(),
    handle: z.string().describe('E.164 number or email from which messages leave.'),
    connected: z.boolean().describe('Whether its Mac is connected.'),
    lastSeenAt: isoTimeSchema.nullable().describe('When its Mac was last there, to about a minute.'),
    capabilities: capabilitiesSchema.nullable().describe('What its Mac can do; null until it has told.'),
  })
  .meta({ id: 'Line' });

function lineObject(
  line: Line,
  agents: readonly Agent[],
  report: LineReport | undefined,
  core: Core,
): z.infer<typeof lineSchema> {
  const own = agents.filter((agent) => agent.lineId === line.id);
  const lastSeenAt = Math.max(...own.map((agent) => agent.lastSeenAt ?? 0), 0);
  return {
    id: line.id,
    handle: line.handle,
    connected: own.some((agent) => agent.revokedAt === null && core.isConnected(agent)),
    lastSeenAt: lastSeenAt === 0 ? null : isoTime(lastSeenAt),
    capabilities: capabilitiesOf(report),
  };
}

function capabilitiesOf(report: LineReport | undefined): z.infer<typeof capabilitiesSchema> | null {
  if (!report?.capabilities) return null;
  const { macos, at, actions: told } = report.capabilities;
  return { macos, checkedAt: at, actions: told };
}

/** The lines of the caller's account, as the API shows them; both modes have the same ones. */
export async function linesOf(core: Core, { accountId }: Caller): Promise<z.infer<typeof lineSchema>[]> {
  const [lines, agents, reports] = await Promise.all([
    core.listLines(accountId),
    core.listAgents(accountId),
    core.listLineReports(accountId),
  ]);
  return lines.map((line) =>
    lineObject(
      line,
      agents,
      reports.find(({ lineId }) => lineId === line.id),
      core,
    ),
  );
}
