import type { Action } from '../protocol/common.ts';
import { newId } from '../runtime/ids.ts';
import type { LineOperation, Message, StoreOperations } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { ActedMessage, FollowedMessage } from './action-types.ts';
import type { CoreContext } from './context.ts';
import { lineOf } from './line-of.ts';
import { requireLine } from './line-refusal.ts';
import { type Order, orderOperation } from './order-operation.ts';
import { notFound } from './request-error.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** What is ordered of a message, or the operation that stands for it already; null when nothing need be done. */
export type Decision =
  | { order: Order; expiresAt: number; actions: readonly Action[] }
  | { standing: LineOperation | null };

/** A message as it stands while nothing else changes it. */
export interface Facing {
  message: Message;
  /** Oldest first. */
  operations: LineOperation[];
  /** How the Mac names it: its conversation, and a part of it. */
  onMac(part?: number): Promise<{
    conversation: { kind: 'direct' | 'group'; identifier: string };
    target: { guid: string; part: number };
  }>;
  now: number;
  /** A time that the Mac told, by the clock of the bridge. */
  byOurClock(at: number): Promise<number>;
}

export interface Request {
  caller: Caller;
  messageId: string;
  kind: 'edit' | 'unsend' | 'react';
  /** The whole request, as JSON can say it. */
  input: unknown;
  repeatable: Repeatable | undefined;
}

/** Asks something of a message: looks at it, decides, and orders, all in one transaction. */
export async function actOnMessage(
  context: CoreContext,
  { caller, messageId, kind, input, repeatable }: Request,
  decide: (facing: Facing) => Promise<Decision> | Decision,
): Promise<ActedMessage> {
  const { store, clock, wakeups } = context;
  const now = clock.now();
  const id = newId('op', now);
  const outcome = await acceptOnce(
    context,
    { caller, repeatable, input, resourceId: id, now },
    async (tx) => {
      const message = await lockMessage(tx, caller, messageId);
      const operations = await tx.listLineOperations(message.id);
      const decision = await decide({
        ...{ message, operations, now },
        onMac: (part) => onMac(tx, message, part),
        byOurClock: async (at) => at - ((await tx.findAgentOfLine(message.lineId))?.clockAheadMs ?? 0),
      });
      if ('standing' in decision) return { operation: decision.standing, agentId: null };
      await requireAction(tx, message.lineId, ...decision.actions);
      const where = await lineOf(tx, caller, message.lineId);
      const conversation = await tx.findConversation(message.conversationId);
      await requireLine(tx, where.line, { conversation, takesBack: kind === 'unsend' }, now);
      const operation = await orderOperation(tx, {
        id,
        kind,
        caller,
        where,
        about: { messageId: message.id },
        traceId: message.traceId,
        now,
        ...decision,
      });
      return { operation, agentId: where.agent.id };
    },
  );
  if ('earlier' in outcome) {
    const operation = (await store.findLineOperation(caller.accountId, caller.mode, outcome.earlier)) ?? null;
    return {
      ...(await follow(context, caller, messageId)),
      operation,
      begun: operation !== null,
      replayed: true,
    };
  }
  const { operation, agentId } = outcome.made;
  if (agentId !== null) wakeups.command(agentId);
  const followed = await follow(context, caller, messageId);
  return { ...followed, operation, begun: agentId !== null, replayed: false };
}

/** A message with its way, and with what was asked of it. */
export async function follow(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<FollowedMessage> {
  const message = await store.findMessage(accountId, mode, id);
  if (!message) throw notFound('message');
  const [timeline, operations] = await Promise.all([store.listTimeline(id), store.listLineOperations(id)]);
  return { message, timeline, operations };
}

async function lockMessage(tx: StoreOperations, { accountId, mode }: Caller, id: string): Promise<Message> {
  const message = await tx.findMessage(accountId, mode, id);
  if (!message) throw notFound('message');
  return (message.guid !== null && (await tx.lockMessageByGuid(message.lineId, message.guid))) || message;
}

/** A part of a message as the Mac names it: a part that has a row of its own is the first one of that. */
async function onMac(tx: StoreOperations, { id, conversationId, guid }: Message, part = 0) {
  const conversation = await tx.findConversation(conversationId);
  if (!conversation || guid === null) throw new Error('a message with a guid is in a conversation');
  const row = part === 0 ? undefined : (await tx.listMessageRows([id])).find((one) => one.part === part);
  return {
    conversation: { kind: conversation.kind, identifier: conversation.participant },
    target: row ? { guid: row.guid, part: 0 } : { guid, part },
  };
}
