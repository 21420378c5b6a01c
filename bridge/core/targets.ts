import type { Message } from '../store/types.ts';
import { type MacConversation, placeOf } from './conversations.ts';
import type { Recording } from './recording.ts';

/** What a fact about a message speaks of. */
export interface Target {
  /** Undefined when the bridge never had the message. */
  message: Message | undefined;
  /** How an event names it: the API's id, else null with the Mac's GUID beside it. */
  named: { messageId: string; guid?: undefined } | { messageId: null; guid: string };
  orderingKey: string;
  groupId: string | null;
  /** How many deliveries the news of its group made. */
  deliveries: number;
}

/** How the API names a message of the line: by its id where it has one. */
export async function nameOf(
  { tx, line }: Recording,
  guid: string,
): Promise<{ messageId: string | null; guid: string }> {
  return { messageId: (await tx.findMessageByGuid(line.id, guid))?.id ?? null, guid };
}

/** Finds the message of a GUID, which no other transaction changes meanwhile; one that nobody knows has a place too. */
export async function targetOf(
  recording: Recording,
  guid: string,
  where: { conversation: MacConversation; from: string | null },
): Promise<Target> {
  const { tx, line } = recording;
  const message = await tx.lockMessageByGuid(line.id, guid);
  if (message) {
    const { id: messageId, conversationId: orderingKey, groupId } = message;
    return { message, named: { messageId }, orderingKey, groupId, deliveries: 0 };
  }
  const place = await placeOf(recording, where.conversation, where.from);
  return {
    message,
    named: { messageId: null, guid },
    orderingKey: place?.conversation.id ?? line.id,
    groupId: place?.group?.id ?? null,
    deliveries: place?.deliveries ?? 0,
  };
}
