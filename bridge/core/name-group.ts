import type { LineOperation } from '../store/types.ts';
import { raiseEvent } from './raise-event.ts';
import type { Following } from './recording.ts';

/**
 * Gives a group that was asked for the name that the Mac has for it; returns how many deliveries the news made. Messages
 * keeps one conversation for one set of people: where it went on with a group that is known, both ids mean that one.
 */
export async function nameGroup(
  { tx, now }: Following,
  { id, accountId, mode, groupId, lineId }: LineOperation,
  identifier: string,
): Promise<number> {
  const group = groupId === null ? undefined : await tx.findGroup(accountId, mode, groupId);
  const conversation = group && (await tx.findConversation(group.conversationId));
  if (!conversation) return 0;
  if (!(await tx.nameConversation(conversation, identifier))) {
    const other = await tx.findOrCreateConversation({ ...conversation, participant: identifier });
    const known = await tx.findOrCreateGroup({ ...group, conversationId: other.id });
    await tx.updateLineOperation(id, { sameAs: known.group.id });
    return 0;
  }
  await tx.updateLineOperation(id, { sameAs: group.id });
  const members = (await tx.listMembers([group.id])).map(({ handle }) => handle);
  const data = { groupId: group.id, name: group.name, members, lineId };
  return raiseEvent(tx, { accountId, mode, orderingKey: conversation.id, type: 'group.created', data }, now);
}
