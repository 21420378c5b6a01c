import { newId } from '../runtime/ids.ts';
import type { Line, StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { conditionOf } from './line-condition.ts';
import { notFound, requestError } from './request-error.ts';
import { storable } from './storable.ts';
import { tellCondition } from './tell-condition.ts';
import type { Caller, Repeatable } from './types.ts';

/** What an operator saw: that a line is banned, and why one thinks so, or that it is not any more. */
export type BanWord = { banned: true; reason?: string | undefined } | { banned: false };

const MOST_REASON = 300;

/**
 * Marks a line as banned, or takes the mark away; the customer is told, and its Mac acts on nothing from its next word with
 * this bridge, within seconds. Saying the same again changes nothing. Throws `not_found`.
 */
export async function banLine(
  context: CoreContext,
  whose: { accountId: string; caller?: Caller; repeatable?: Repeatable | undefined },
  lineId: string,
  word: BanWord,
): Promise<{ replayed: boolean }> {
  const { store, clock, wakeups } = context;
  const { accountId, caller, repeatable } = whose;
  if (repeatable) checkRepeatable(repeatable);
  if (word.banned && (word.reason ?? '').length > MOST_REASON)
    throw requestError('invalid_parameter_value', `A reason has at most ${MOST_REASON} characters`, 'reason');
  const { deliveries, agents, replayed } = await store.transaction(async (tx) => {
    const now = clock.now();
    const input = { lineId, word };
    const reservation = caller &&
      repeatable && { caller, repeatable, input, resourceId: newId('op', now), now };
    const earlier = reservation && (await reserve(tx, reservation));
    const line = await tx.findLine(accountId, lineId);
    if (!line) throw notFound('line');
    if (earlier !== undefined) return { deliveries: 0, agents: [], replayed: true };
    const told = await mark(tx, line, word, now);
    const own = (await tx.listAgents(accountId)).filter((agent) => agent.lineId === line.id);
    return { deliveries: told, agents: own.map(({ id }) => id), replayed: false };
  });
  for (const id of agents) wakeups.line(id);
  if (deliveries > 0) wakeups.delivery();
  return { replayed };
}

/** Returns how many deliveries it made. */
async function mark(tx: StoreOperations, line: Line, word: BanWord, now: number): Promise<number> {
  if (word.banned === (line.bannedAt !== null)) return 0;
  const marked = word.banned
    ? { bannedAt: now, banReason: word.reason === undefined ? null : storable(word.reason) }
    : { bannedAt: null, banReason: null };
  await tx.markBanned(line.id, marked);
  const report = await tx.findLineReport(line.id);
  return tellCondition(tx, line, {
    previous: conditionOf(report, line),
    present: conditionOf(report, marked),
    at: now,
    now,
  });
}
