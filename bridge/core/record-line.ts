import type { CapabilitiesEvent, LineLimitReachedEvent } from '../protocol/events.ts';
import type { LineStateEvent } from '../protocol/line-events.ts';
import { isoTime } from '../runtime/clock.ts';
import type { LineReport, LineUsage } from '../store/types.ts';
import { conditionOf } from './line-condition.ts';
import { isNew, type Recording, tellCustomer } from './recording.ts';
import { tellCondition } from './tell-condition.ts';

/** Keeps what the Mac of a line can do; nobody is told. */
export async function recordCapabilities(recording: Recording, event: CapabilitiesEvent): Promise<number> {
  await recording.tx.putLineReport({ ...(await reportOf(recording)), capabilities: event });
  return 0;
}

/** Keeps how a line fares and was used that day; returns how many deliveries the news of another condition made. */
export async function recordLineState(recording: Recording, event: LineStateEvent): Promise<number> {
  const { tx, line, now } = recording;
  const report = await reportOf(recording);
  const at = Date.parse(event.at);
  await tx.putLineReport({ ...report, state: event });
  await tx.putLineUsage(usageOf(line.id, event, at));
  // Whoever tells is not away, even where a bridge that slept took it so.
  if (report.offlineSince !== null) await tx.markOffline(line.id, null);
  return tellCondition(tx, line, {
    previous: conditionOf(report, line),
    present: conditionOf({ state: event, offlineSince: null }, line),
    at,
    now,
  });
}

const usageOf = (lineId: string, { usage, warmup }: LineStateEvent, at: number): LineUsage => ({
  lineId,
  date: usage.date,
  sent: usage.sent,
  received: usage.received,
  newConversations: usage.newConversations,
  proactive: usage.proactive,
  newConversationCap: warmup.newConversationCap,
  dailyCap: warmup.dailyCap,
  resetsAt: Date.parse(usage.resetsAt),
  at,
});

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
  return { state: null, capabilities: null, offlineSince: null, ...known, lineId: line.id, updatedAt: now };
}
