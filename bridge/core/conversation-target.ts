import type { Conversation, StoreOperations } from '../store/types.ts';
import type { ConversationInput } from './action-types.ts';
import { type ChosenLine, chooseLine } from './choose-line.ts';
import { groupTarget, isGroupId } from './group-target.ts';
import { normaliseHandle } from './handles.ts';
import { lineOf } from './line-of.ts';
import { notFound, requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** A conversation that there is, with the Mac that has it. */
export interface ConversationTarget {
  conversation: Conversation;
  where: ChosenLine;
}

/** The conversation with a participant, the newest one unless a line is named. Throws `not_found` when there is none. */
export async function conversationTarget(
  tx: StoreOperations,
  caller: Caller,
  { participant, from }: ConversationInput,
): Promise<ConversationTarget> {
  const asked = from === undefined ? undefined : await chooseLine(tx, caller, { from, to: participant });
  const conversation = isGroupId(participant)
    ? (await groupTarget(tx, caller, participant)).conversation
    : await directWith(tx, caller, participant, asked?.line.id);
  if (asked && asked.line.id !== conversation.lineId)
    throw requestError('invalid_from', 'The group is on another line', 'from');
  return { conversation, where: asked ?? (await lineOf(tx, caller, conversation.lineId)) };
}

async function directWith(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  participant: string,
  lineId: string | undefined,
): Promise<Conversation> {
  const handle = normaliseHandle(participant) ?? participant;
  const filter = { accountId, mode, ...(lineId === undefined ? {} : { lineId }) };
  const conversation = await tx.findConversationWith(filter, handle);
  if (!conversation) throw notFound('conversation');
  return conversation;
}

/** How the Mac names a conversation. */
export const onMac = ({ kind, participant }: Conversation) => ({ kind, identifier: participant });
