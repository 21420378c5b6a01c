import { newId } from '../runtime/ids.ts';
import type { Conversation, Message } from '../store/types.ts';

/** What tells one message that was just accepted from another. */
type Own = Pick<Message, 'id' | 'groupId' | 'from' | 'to' | 'text' | 'metadata' | 'details'>;

/** A message that is about to be sent in a conversation. */
export const newMessage = ({
  conversation,
  now,
  ...own
}: Own & { conversation: Conversation; now: number }): Message => ({
  accountId: conversation.accountId,
  mode: conversation.mode,
  conversationId: conversation.id,
  lineId: conversation.lineId,
  direction: 'outbound',
  status: 'queued',
  errorCode: null,
  errorMessage: null,
  service: null,
  guid: null,
  traceId: newId('trc', now),
  createdAt: now,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  editCount: 0,
  editedAt: null,
  unsentAt: null,
  ...own,
});
