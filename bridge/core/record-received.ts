import type { MessageReceivedEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Message } from '../store/types.ts';
import { handleFromMac } from './handles.ts';
import { raiseEvent } from './raise-event.ts';
import type { Recording } from './record-event.ts';

/** Stores what a person wrote to the line, once for each message of Messages; returns how many deliveries it made. */
export async function recordReceived(
  { tx, agent, now, note }: Recording,
  event: MessageReceivedEvent,
): Promise<number> {
  const { accountId, lineId } = agent;
  if (await tx.findMessageByGuid(lineId, event.guid)) return 0;
  const line = await tx.findLine(accountId, lineId);
  if (!line) {
    note('an agent has no line', { lineId });
    return 0;
  }
  const from = handleFromMac(event.from);
  const chat = event.conversation;
  const isGroup = chat?.kind === 'group';
  const conversation = await tx.findOrCreateConversation({
    id: newId('cnv', now),
    accountId,
    mode: 'live',
    lineId,
    kind: isGroup ? 'group' : 'direct',
    participant: isGroup ? chat.identifier : handleFromMac(chat?.identifier ?? from),
    createdAt: now,
  });
  const message: Message = {
    id: newId('msg', now),
    accountId,
    mode: 'live',
    conversationId: conversation.id,
    lineId,
    direction: 'inbound',
    from,
    to: line.handle,
    text: event.text,
    status: 'received',
    errorCode: null,
    errorMessage: null,
    service: event.service.toLowerCase(),
    guid: event.guid,
    metadata: null,
    traceId: newId('trc', now),
    createdAt: now,
    sentAt: Date.parse(event.at),
    deliveredAt: null,
    readAt: null,
    groupId: null,
    editCount: 0,
    editedAt: null,
    unsentAt: null,
    details: {},
  };
  await tx.insertMessage(message);
  await tx.appendTimeline({
    messageId: message.id,
    step: 'received',
    source: 'mac',
    at: Date.parse(event.at),
    errorCode: null,
  });
  return raiseEvent(
    tx,
    {
      accountId,
      mode: 'live',
      type: 'message.received',
      orderingKey: conversation.id,
      data: {
        messageId: message.id,
        from,
        to: line.handle,
        ...(isGroup ? { groupId: conversation.id } : {}),
        text: message.text,
        attachments: [],
        receivedAt: isoTime(Date.parse(event.at)),
        lineId,
      },
    },
    now,
  );
}
