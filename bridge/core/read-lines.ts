import type { LineStateEvent } from '../protocol/line-events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Agent, LineReport, LineUsage } from '../store/types.ts';
import { isConnected } from './connected.ts';
import type { CoreContext } from './context.ts';
import type { KnownLine, UsageDays } from './fact-types.ts';
import { conditionOf } from './line-condition.ts';
import { notFound, requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** Lines of an account with what is known of them. */
export async function describeLines({ store, clock }: CoreContext, accountId: string): Promise<KnownLine[]> {
  const now = clock.now();
  const [lines, agents, reports] = await Promise.all([
    store.listLines(accountId),
    store.listAgents(accountId),
    store.listLineReports(accountId),
  ]);
  return lines.map((line) => {
    const own = agents.filter(({ lineId }) => lineId === line.id);
    const report = reports.find(({ lineId }) => lineId === line.id);
    return {
      line,
      condition: conditionOf(report, line),
      report,
      usage: usageNow(report, now),
      connected: own.some((agent) => agent.revokedAt === null && isConnected(agent, now)),
      lastSeenAt: lastSeenOf(own),
    };
  });
}

const DAY_MS = 86_400_000;
/** Days of an answer for which nothing else was asked. */
const USUAL_DAYS = 31;
const MOST_DAYS = 366;

/** How a line was used day by day. Throws `not_found` and `invalid_parameter_value`. */
export async function usageOfLine(
  { store, clock }: CoreContext,
  { accountId }: Caller,
  lineId: string,
  asked: UsageDays,
): Promise<LineUsage[]> {
  const days = daysOf(asked, clock.now());
  if (!(await store.findLine(accountId, lineId))) throw notFound('line');
  return store.listLineUsage(lineId, days);
}

const dateOf = (ms: number): string => isoTime(ms).slice(0, 'YYYY-MM-DD'.length);

/** No place is more than a day ahead of UTC. */
function daysOf({ from, to }: UsageDays, now: number): { from: string; to: string } {
  const last = to === undefined ? Date.parse(dateOf(now + DAY_MS)) : Date.parse(to);
  const first = from === undefined ? last - (USUAL_DAYS - 1) * DAY_MS : Date.parse(from);
  const count = (last - first) / DAY_MS + 1;
  if (count >= 1 && count <= MOST_DAYS) return { from: dateOf(first), to: dateOf(last) };
  throw requestError('invalid_parameter_value', `Ask for 1 to ${MOST_DAYS} days`, 'from');
}

/** What was told of a day that is not over. */
function usageNow(report: LineReport | undefined, now: number): LineStateEvent['usage'] | null {
  const usage = report?.state?.usage;
  return usage && Date.parse(usage.resetsAt) > now ? usage : null;
}

function lastSeenOf(agents: readonly Agent[]): number | null {
  const seen = agents.flatMap(({ lastSeenAt }) => lastSeenAt ?? []);
  return seen.length === 0 ? null : Math.max(...seen);
}
