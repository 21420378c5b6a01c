import type { ChatGroup, Conversation, StoreOperations } from '../store/types.ts';
import { isPendingName } from './pending-group.ts';
import { notFound, requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** Whether a customer's word for a recipient is the id of a group. */
export const isGroupId = (text: string): boolean => text.startsWith('grp_');

/**
 * A group that the Mac has, by any of its ids: one that was asked for while it existed has two. Throws `not_found`, or
 * `group_pending` while the Mac has not made it.
 */
export async function groupTarget(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  id: string,
): Promise<{ group: ChatGroup; conversation: Conversation }> {
  const [making] = await tx.listGroupOperations([id]);
  const group = await tx.findGroup(accountId, mode, making?.sameAs ?? id);
  const conversation = group && (await tx.findConversation(group.conversationId));
  if (!conversation) throw notFound('group');
  if (isPendingName(conversation.participant))
    throw requestError('group_pending', 'The Mac has not made this group');
  return { group, conversation };
}
