import type { Action } from '../protocol/common.ts';
import { newId } from '../runtime/ids.ts';
import type { LineOperation } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { Accepted, ConversationInput } from './action-types.ts';
import type { CoreContext } from './context.ts';
import { conversationTarget, onMac } from './conversation-target.ts';
import { requireLine } from './line-refusal.ts';
import { type Order, orderOperation } from './order-operation.ts';
import { notFound } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** What is ordered of a conversation. */
interface Wanted {
  caller: Caller;
  input: ConversationInput;
  repeatable: Repeatable | undefined;
  kind: LineOperation['kind'];
  action: Action;
  lifetimeMs: number;
  order(conversation: ReturnType<typeof onMac>): Order;
}

async function actOnConversation(context: CoreContext, wanted: Wanted): Promise<Accepted> {
  const { caller, input, repeatable, kind, action, lifetimeMs, order } = wanted;
  const now = context.clock.now();
  const id = newId('op', now);
  const outcome = await acceptOnce(
    context,
    { caller, repeatable, input, resourceId: id, now },
    async (tx) => {
      const { conversation, where } = await conversationTarget(tx, caller, input);
      await requireLine(tx, where.line, { conversation }, now);
      await requireAction(tx, where.line.id, action);
      const operation = await orderOperation(tx, {
        id,
        kind,
        caller,
        where,
        traceId: newId('trc', now),
        order: order(onMac(conversation)),
        expiresAt: now + lifetimeMs,
        now,
      });
      return { operation, agentId: where.agent.id };
    },
  );
  if ('earlier' in outcome) {
    const operation = await context.store.findLineOperation(caller.accountId, caller.mode, outcome.earlier);
    if (!operation) throw notFound('operation');
    return { operation, replayed: true };
  }
  context.wakeups.command(outcome.made.agentId);
  return { operation: outcome.made.operation, replayed: false };
}

/** Dots that come late are worse than none. */
const TYPING_LIFETIME_MS = 30_000;
const READ_LIFETIME_MS = 3_600_000;

/** Orders that the typing dots be shown to a participant, or hidden. */
export const setTyping = (
  context: CoreContext,
  caller: Caller,
  input: ConversationInput & { state: 'on' | 'off' },
  repeatable?: Repeatable,
): Promise<Accepted> =>
  actOnConversation(context, {
    caller,
    input,
    repeatable,
    kind: 'typing',
    action: 'typing',
    lifetimeMs: TYPING_LIFETIME_MS,
    order: (conversation) => ({ type: 'conversation.typing', conversation, state: input.state }),
  });

/** Orders that everything in a conversation be marked as read, which sends a receipt where those are on. */
export const markRead = (
  context: CoreContext,
  caller: Caller,
  input: ConversationInput,
  repeatable?: Repeatable,
): Promise<Accepted> =>
  actOnConversation(context, {
    caller,
    input,
    repeatable,
    kind: 'read',
    action: 'mark_read',
    lifetimeMs: READ_LIFETIME_MS,
    order: (conversation) => ({ type: 'conversation.read', conversation }),
  });
