import type { Message, NamedPart } from '../store/types.ts';
import { type MacConversation, placeOf } from './conversations.ts';
import type { Recording } from './recording.ts';

/** What a fact about a message speaks of. */
export interface Target {
  /** Undefined when the bridge never had the message. */
  message: Message | undefined;
  /** Number of the message's part that the row begins with: 0 but for a further row of a message that has several. */
  firstPart: number;
  /** How an event names it: the API's id, else null with the Mac's GUID beside it. */
  named: { messageId: string; guid?: undefined } | { messageId: null; guid: string };
  orderingKey: string;
  groupId: string | null;
  /** How many deliveries the news of its group made. */
  deliveries: number;
}

/** How the API names a part of a message of the line: by the message's id where it has one, and its part of that. */
export async function nameOf(
  { tx, line }: Recording,
  { guid, part }: { guid: string; part: number },
): Promise<NamedPart> {
  const message = await tx.findMessageByGuid(line.id, guid);
  if (message) return { messageId: message.id, guid, part };
  const row = await tx.findMessageRow(line.id, guid);
  return { messageId: row?.messageId ?? null, guid, part: part + (row?.part ?? 0) };
}

/** The message that has a row with the GUID, which no other transaction changes meanwhile. */
async function lockMessage(
  { tx, line }: Recording,
  guid: string,
): Promise<{ message: Message | undefined; firstPart: number }> {
  const message = await tx.lockMessageByGuid(line.id, guid);
  const row = message ? undefined : await tx.findMessageRow(line.id, guid);
  if (!row) return { message, firstPart: 0 };
  const known = await tx.findMessage(line.accountId, 'live', row.messageId);
  const locked = known?.guid ? await tx.lockMessageByGuid(line.id, known.guid) : undefined;
  return { message: locked, firstPart: row.part };
}

/** Finds the message of a GUID, which no other transaction changes meanwhile; one that nobody knows has a place too. */
export async function targetOf(
  recording: Recording,
  guid: string,
  where: { conversation: MacConversation; from: string | null },
): Promise<Target> {
  const { line } = recording;
  const { message, firstPart } = await lockMessage(recording, guid);
  if (message) {
    const { id: messageId, conversationId: orderingKey, groupId } = message;
    return { message, firstPart, named: { messageId }, orderingKey, groupId, deliveries: 0 };
  }
  const place = await placeOf(recording, where.conversation, where.from);
  return {
    message,
    firstPart,
    named: { messageId: null, guid },
    orderingKey: place?.conversation.id ?? line.id,
    groupId: place?.group?.id ?? null,
    deliveries: place?.deliveries ?? 0,
  };
}
