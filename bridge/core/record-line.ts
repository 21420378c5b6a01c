import type { CapabilitiesEvent, LineLimitReachedEvent } from '../protocol/events.ts';
import type { LineStateEvent } from '../protocol/line-events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { LineReport } from '../store/types.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';

/** Keeps what the Mac of a line can do; nobody is told. */
export async function recordCapabilities(recording: Recording, event: CapabilitiesEvent): Promise<number> {
  await recording.tx.putLineReport({ ...(await reportOf(recording)), capabilities: event });
  return 0;
}

/** Keeps how a line fares; returns how many deliveries the news of another status, health or ban made. */
export async function recordLineState(recording: Recording, event: LineStateEvent): Promise<number> {
  const { tx, line } = recording;
  const report = await reportOf(recording);
  await tx.putLineReport({ ...report, state: event });
  const previous = conditionOf(report.state);
  const present = conditionOf(event);
  if (
    previous.status === present.status &&
    previous.health === present.health &&
    previous.ban === present.ban
  )
    return 0;
  return tellCustomer(recording, line.id, {
    type: 'line.status_changed',
    data: {
      status: present.status,
      health: event.health,
      ban: event.ban.status,
      previous,
      changedAt: isoTime(Date.parse(event.at)),
      lineId: line.id,
    },
  });
}

/** Tells that a cap was reached, once for each day; returns how many deliveries that made. */
export async function recordLimitReached(
  recording: Recording,
  { type, rule, cap, used, resetsAt, at }: LineLimitReachedEvent,
): Promise<number> {
  if (!(await isNew(recording, type, rule, resetsAt))) return 0;
  const { line } = recording;
  return tellCustomer(recording, line.id, {
    type,
    data: { kind: rule, cap, used, resetsAt, reachedAt: isoTime(Date.parse(at)), lineId: line.id },
  });
}

async function reportOf({ tx, line, now }: Recording): Promise<LineReport> {
  const known = await tx.findLineReport(line.id);
  return { state: null, capabilities: null, ...known, lineId: line.id, updatedAt: now };
}

/** A line of which nothing was told yet is being provisioned; a ban is its status whatever else it is. */
function conditionOf(state: LineStateEvent | null) {
  if (state === null) return { status: 'provisioning' as const, health: null, ban: null };
  const { status, health, ban } = state;
  return {
    status: ban.status === 'banned' ? ('banned' as const) : status,
    health,
    ban: ban.status,
  };
}
