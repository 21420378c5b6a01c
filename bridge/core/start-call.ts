import type { Action } from '../protocol/common.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Call } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { StartCallInput } from './action-types.ts';
import { checkMetadata } from './check-text.ts';
import { chooseLine } from './choose-line.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { refusesProactive } from './line-refusal.ts';
import { orderCommand } from './order-operation.ts';
import { raiseEvent } from './raise-event.ts';
import { getCall } from './read-calls.ts';
import { requestError } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** A call that was not placed by then is not placed any more. In milliseconds. */
const LIFETIME_MS = 60_000;
/** How long a call may ring where nobody says it. */
const RING_TIMEOUT_SECONDS = 45;
/** A call of which nothing ended for so long holds its line no more, in milliseconds. */
const LONGEST_CALL_MS = 12 * 3_600_000;

/** Orders a FaceTime call. A line has one at a time. */
export async function startCall(
  context: CoreContext,
  caller: Caller,
  input: StartCallInput,
  repeatable?: Repeatable,
): Promise<{ call: Call; replayed: boolean }> {
  const to = normaliseHandle(input.to);
  if (to === undefined)
    throw requestError('invalid_phone_number', 'to is neither a valid E.164 number nor an email', 'to');
  if (input.metadata !== undefined) checkMetadata(input.metadata);
  const now = context.clock.now();
  const id = newId('call', now);
  const outcome = await acceptOnce(
    context,
    { caller, repeatable, input, resourceId: id, now },
    async (tx) => {
      const { line, agent } = await chooseLine(tx, caller, {
        from: input.from,
        to,
        refuses: (candidate) => refusesProactive(tx, candidate),
      });
      await requireAction(tx, line.id, ...actionsOf(input));
      await tx.lockAccount(caller.accountId);
      const busy = await tx.findActiveCall(line.id, now - LONGEST_CALL_MS);
      if (busy)
        throw requestError('line_busy', 'The line has a call that has not ended', undefined, {
          callId: busy.id,
        });
      const call = newCall({ id, caller, input, lineId: line.id, from: line.handle, to, now });
      const { type, ringTimeoutSeconds = RING_TIMEOUT_SECONDS } = input;
      const commandId = await orderCommand(tx, {
        agentId: agent.id,
        traceId: newId('trc', now),
        order: { type: 'call.start', to, kind: type, ringTimeoutSeconds },
        expiresAt: now + LIFETIME_MS,
        now,
      });
      await tx.insertCall({ ...call, commandId });
      const deliveries = await raiseEvent(tx, initiated(call), now);
      return { agentId: agent.id, deliveries };
    },
  );
  if ('earlier' in outcome) return { call: await getCall(context, caller, outcome.earlier), replayed: true };
  context.wakeups.command(outcome.made.agentId);
  if (outcome.made.deliveries > 0) context.wakeups.delivery();
  return { call: await getCall(context, caller, id), replayed: false };
}

const actionsOf = ({ type, ringTimeoutSeconds }: StartCallInput): Action[] => [
  type === 'audio' ? 'call_audio' : 'call_video',
  ...(ringTimeoutSeconds === undefined ? [] : (['call_ring_timeout'] as const)),
];

const initiated = (call: Call) => ({
  accountId: call.accountId,
  mode: call.mode,
  orderingKey: call.id,
  type: 'call.initiated' as const,
  data: {
    callId: call.id,
    direction: call.direction,
    type: call.kind,
    from: call.from,
    to: call.to,
    at: isoTime(call.createdAt),
    lineId: call.lineId,
  },
});

const newCall = ({
  id,
  caller: { accountId, mode },
  input,
  lineId,
  from,
  to,
  now,
}: {
  id: string;
  caller: Caller;
  input: StartCallInput;
  lineId: string;
  from: string;
  to: string;
  now: number;
}): Call => ({
  id,
  accountId,
  mode,
  lineId,
  direction: 'outbound',
  kind: input.type,
  from,
  to,
  status: 'initiated',
  endReason: null,
  errorCode: null,
  errorMessage: null,
  commandId: null,
  callUuid: null,
  metadata: input.metadata ?? null,
  createdAt: now,
  ringingAt: null,
  answeredAt: null,
  endedAt: null,
  durationSeconds: 0,
});
