import type { KnownConversation, Message, Page } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { groupTarget, isGroupId } from './group-target.ts';
import { normaliseHandle } from './handles.ts';
import { notFound } from './request-error.ts';
import type { Caller } from './types.ts';

/** A conversation with its newest message, and the id of its group where it is one. */
export interface ReadConversation {
  known: KnownConversation;
  last: Message;
  groupId: string | null;
}

/** Conversations of the caller, those of the newest messages first. */
export async function listConversations(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  { participant }: { participant?: string | undefined },
  page: Page,
): Promise<{ conversations: ReadConversation[]; nextCursor: string | null }> {
  const { conversations, nextCursor } = await store.transaction(async (tx) => {
    const named = await participantOf(tx, { accountId, mode }, participant);
    return tx.listConversations({ accountId, mode, participant: named }, page);
  });
  const read = conversations.map(async (known): Promise<ReadConversation> => {
    const last = await store.findMessage(accountId, mode, known.lastMessageId);
    if (!last) throw notFound('message');
    return { known, last, groupId: last.groupId };
  });
  return { conversations: await Promise.all(read), nextCursor };
}

/** How the store names a participant: a handle, or a group by its name on the Mac. */
async function participantOf(
  tx: Parameters<typeof groupTarget>[0],
  caller: Caller,
  participant: string | undefined,
): Promise<string | undefined> {
  if (participant === undefined) return undefined;
  if (!isGroupId(participant)) return normaliseHandle(participant) ?? participant;
  return (await groupTarget(tx, caller, participant)).conversation.participant;
}
