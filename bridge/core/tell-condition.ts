import { isoTime } from '../runtime/clock.ts';
import type { Line, LineReport, StoreOperations } from '../store/types.ts';
import { conditionOf, isSame, type LineCondition } from './line-condition.ts';
import { raiseEvent } from './raise-event.ts';

/** Tells the customer that a line stands otherwise than before, if it does; returns how many deliveries that made. */
export async function tellCondition(
  tx: StoreOperations,
  line: Line,
  {
    previous,
    present,
    at,
    now,
  }: { previous: LineCondition; present: LineCondition; at: number; now: number },
): Promise<number> {
  const { status, health, ban } = present;
  if (isSame(previous, present) || health === null || ban === null) return 0;
  const data = { status, health, ban, previous, changedAt: isoTime(at), lineId: line.id };
  const { accountId } = line;
  return raiseEvent(
    tx,
    { accountId, mode: 'live', orderingKey: line.id, type: 'line.status_changed', data },
    now,
  );
}

/** Marks that the Mac of a line is away, or back (null), and tells so; returns how many deliveries that made. */
export async function turnLine(
  tx: StoreOperations,
  line: Line,
  offlineSince: number | null,
  now: number,
): Promise<number> {
  const report = await tx.findLineReport(line.id);
  if (!report || !(await tx.markOffline(line.id, offlineSince))) return 0;
  const other: LineReport = { ...report, offlineSince: offlineSince === null ? now : null };
  return tellCondition(tx, line, {
    previous: conditionOf(other, line),
    present: conditionOf({ ...report, offlineSince }, line),
    at: now,
    now,
  });
}
