import { newId } from '../runtime/ids.ts';
import type { ChatGroup, Conversation } from '../store/types.ts';
import { handleFromMac } from './handles.ts';
import { type Recording, tellCustomer } from './recording.ts';

/** A conversation as the Mac names it; null when Messages never joined the row to a chat. */
export type MacConversation = { kind: 'direct' | 'group'; identifier: string } | null;

/** Where something happened: its conversation, and the group that this is. */
export interface Place {
  conversation: Conversation;
  group: ChatGroup | null;
  /** How many deliveries the news of the group made. */
  deliveries: number;
}

/**
 * The conversation that the Mac names, else the direct one with `handle`. A group that was not known is made, and the
 * customer told; `handle` is of it unless it is the line's own.
 */
export async function placeOf(
  recording: Recording,
  named: MacConversation,
  handle: string | null,
): Promise<Place | undefined> {
  const { tx, line, now } = recording;
  const isGroup = named?.kind === 'group';
  const identifier = named?.identifier ?? handle;
  if (identifier === null) return undefined;
  const conversation = await tx.findOrCreateConversation({
    id: newId('cnv', now),
    accountId: line.accountId,
    mode: 'live',
    lineId: line.id,
    kind: isGroup ? 'group' : 'direct',
    participant: isGroup ? identifier : handleFromMac(identifier),
    createdAt: now,
  });
  if (!isGroup) return { conversation, group: null, deliveries: 0 };
  const { group, made } = await tx.findOrCreateGroup({
    id: newId('grp', now),
    accountId: line.accountId,
    mode: 'live',
    lineId: line.id,
    conversationId: conversation.id,
    name: null,
    createdAt: now,
  });
  const member = handle === null ? line.handle : handleFromMac(handle);
  const others = member === line.handle ? [] : [member];
  for (const other of others) await tx.addMember({ groupId: group.id, handle: other, addedAt: now });
  const deliveries = made
    ? await tellCustomer(recording, conversation.id, {
        type: 'group.created',
        data: { groupId: group.id, name: null, members: others, lineId: line.id },
      })
    : 0;
  return { conversation, group, deliveries };
}
