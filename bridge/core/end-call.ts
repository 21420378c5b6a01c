import { newId } from '../runtime/ids.ts';
import type { Call, LineOperation } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { CoreContext } from './context.ts';
import { lineOf } from './line-of.ts';
import { orderOperation } from './order-operation.ts';
import { getCall } from './read-calls.ts';
import { notFound, requestError } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** In milliseconds; a call that goes on longer can be ended by asking again. */
const LIFETIME_MS = 5 * 60_000;

/** Orders the end of a call that a request placed; nothing is ordered for one that has ended. */
export async function endCall(
  context: CoreContext,
  caller: Caller,
  callId: string,
  repeatable?: Repeatable,
): Promise<{ call: Call; operation: LineOperation | null; begun: boolean; replayed: boolean }> {
  const { store, clock, wakeups } = context;
  const { accountId, mode } = caller;
  const now = clock.now();
  const id = newId('op', now);
  const wanted = { caller, repeatable, input: {}, resourceId: id, now };
  const outcome = await acceptOnce(context, wanted, async (tx) => {
    const call = await tx.findCall(accountId, mode, callId);
    if (!call) throw notFound('call');
    if (call.endedAt !== null) return undefined;
    if (call.commandId === null)
      throw requestError('action_unavailable', 'A Mac can end only the calls that it placed.', undefined, {
        action: 'call_end',
        reason: 'the call was not placed by a request',
      });
    await requireAction(tx, call.lineId, call.kind === 'audio' ? 'call_end_audio' : 'call_end');
    const where = await lineOf(tx, caller, call.lineId);
    const operation = await orderOperation(tx, {
      id,
      kind: 'end_call',
      caller,
      where,
      about: { callId },
      traceId: newId('trc', now),
      order: { type: 'call.end', callCommandId: call.commandId },
      expiresAt: now + LIFETIME_MS,
      now,
    });
    return { operation, agentId: where.agent.id };
  });
  const call = await getCall(context, caller, callId);
  if ('earlier' in outcome) {
    const operation = (await store.findLineOperation(accountId, mode, outcome.earlier)) ?? null;
    return { call, operation, begun: operation !== null, replayed: true };
  }
  if (!outcome.made) return { call, operation: null, begun: false, replayed: false };
  wakeups.command(outcome.made.agentId);
  return { call, operation: outcome.made.operation, begun: true, replayed: false };
}
