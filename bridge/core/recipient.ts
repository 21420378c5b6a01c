import { newId } from '../runtime/ids.ts';
import type { Conversation, StoreOperations } from '../store/types.ts';
import { type ChosenLine, chooseLine, noneLeft } from './choose-line.ts';
import { groupTarget, isGroupId } from './group-target.ts';
import { normaliseHandle } from './handles.ts';
import { lineOf } from './line-of.ts';
import { refusesMessage, refusesMessageTo } from './line-refusal.ts';
import type { Answerable } from './reply-target.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** Who a message goes to: a handle in its stored form, or a group. */
export type Recipient = { handle: string } | { groupId: string };

/** Where a message goes, and from which Mac. */
export interface Destination {
  where: ChosenLine;
  conversation: Conversation;
  groupId: string | null;
  /** As the message shows it: the handle, or the id of the group. */
  to: string;
}

/** Throws `invalid_phone_number` for what is neither a handle nor the id of a group. */
export function recipientOf(to: string): Recipient {
  if (isGroupId(to)) return { groupId: to };
  const handle = normaliseHandle(to);
  if (handle !== undefined) return { handle };
  throw requestError('invalid_phone_number', 'to is neither a valid E.164 number nor an email', 'to');
}

/** The conversation with a recipient, made when it is new; `reply` has to be of it. */
export async function destinationOf(
  tx: StoreOperations,
  caller: Caller,
  {
    recipient,
    from,
    reply,
    now,
  }: { recipient: Recipient; from: string | undefined; reply: Answerable | undefined; now: number },
): Promise<Destination> {
  const found =
    'groupId' in recipient
      ? await inGroup(tx, caller, recipient.groupId, { from, now })
      : await withHandle(tx, caller, recipient.handle, { from: from ?? reply?.lineId, now });
  if (reply && reply.conversationId !== found.conversation.id)
    throw requestError(
      'reply_target_conversation_mismatch',
      'The message that is answered is of another conversation',
      'replyTo',
    );
  return found;
}

async function inGroup(
  tx: StoreOperations,
  caller: Caller,
  id: string,
  { from, now }: { from: string | undefined; now: number },
): Promise<Destination> {
  const { group, conversation } = await groupTarget(tx, caller, id);
  const where =
    from === undefined
      ? await lineOf(tx, caller, group.lineId)
      : await chooseLine(tx, caller, {
          from,
          to: id,
          refuses: (line) => refusesMessage(tx, line, conversation, now),
        });
  if (where.line.id !== group.lineId)
    throw requestError('invalid_from', 'The group is on another line', 'from');
  const refusal = await refusesMessage(tx, where.line, conversation, now);
  if (refusal) throw noneLeft(refusal);
  return { where, conversation, groupId: group.id, to: group.id };
}

async function withHandle(
  tx: StoreOperations,
  caller: Caller,
  handle: string,
  { from, now }: { from: string | undefined; now: number },
): Promise<Destination> {
  const where = await chooseLine(tx, caller, {
    from,
    to: handle,
    refuses: (line) => refusesMessageTo(tx, caller, { line, handle, now }),
  });
  const conversation = await tx.findOrCreateConversation({
    id: newId('cnv', now),
    accountId: caller.accountId,
    mode: caller.mode,
    lineId: where.line.id,
    kind: 'direct',
    participant: handle,
    createdAt: now,
  });
  return { where, conversation, groupId: null, to: handle };
}
