import type { LineStateEvent } from '../protocol/line-events.ts';
import type { Line, LineReport } from '../store/types.ts';

/** How a line stands, on its two axes and by its ban; health and ban are null until its Mac has told. */
export interface LineCondition {
  /** What it can do now. */
  status: 'provisioning' | 'warming' | 'active' | 'paused' | 'offline' | 'banned';
  /** What threatens it. */
  health: LineStateEvent['health'] | null;
  ban: LineStateEvent['ban']['status'] | null;
}

type Told = Pick<LineReport, 'state' | 'offlineSince'>;

type Marked = Pick<Line, 'bannedAt'>;

/**
 * A line of which nothing was told yet is being provisioned. A ban, which an operator or its Mac may tell, is its status
 * whatever else it is, and then that its Mac is away.
 */
export function conditionOf(report: Told | undefined, { bannedAt }: Marked): LineCondition {
  const told: LineCondition = report?.state
    ? { status: statusOf(report.state, report.offlineSince), ...axesOf(report.state) }
    : { status: 'provisioning', health: null, ban: null };
  return bannedAt === null ? told : { ...told, status: 'banned', ban: 'banned' };
}

const axesOf = ({ health, ban }: LineStateEvent) => ({ health, ban: ban.status });

function statusOf({ status, ban }: LineStateEvent, offlineSince: number | null): LineCondition['status'] {
  if (ban.status === 'banned') return 'banned';
  return offlineSince === null ? status : 'offline';
}

/** Whether nothing proactive may leave from a line: it is banned, or paused for a suspicion. Being offline only delays. */
export function sendsNothing(
  state: LineStateEvent | null | undefined,
  { bannedAt }: Marked,
): 'banned' | 'paused' | undefined {
  if (bannedAt !== null) return 'banned';
  if (!state) return undefined;
  if (state.ban.status === 'banned') return 'banned';
  return state.status === 'paused' ? 'paused' : undefined;
}

export const isSame = (one: LineCondition, other: LineCondition): boolean =>
  one.status === other.status && one.health === other.health && one.ban === other.ban;
