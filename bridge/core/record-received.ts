import type { MessageReceivedEvent } from '../protocol/events.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Message, MessageDetails } from '../store/types.ts';
import { placeOf } from './conversations.ts';
import { handleFromMac } from './handles.ts';
import { attachmentObject, replyObject } from './message-parts.ts';
import { keepAttachments } from './record-attachments.ts';
import { type Recording, tellCustomer } from './recording.ts';
import { nameOf } from './targets.ts';

/** Stores what a person wrote to the line, once for each message of Messages; returns how many deliveries it made. */
export async function recordReceived(recording: Recording, event: MessageReceivedEvent): Promise<number> {
  const { tx, line, now } = recording;
  if ((await nameOf(recording, { guid: event.guid, part: 0 })).messageId !== null) return 0;
  const from = handleFromMac(event.from);
  const at = Date.parse(event.at);
  const place = await placeOf(recording, event.conversation, from);
  if (!place) throw new Error('whoever wrote has a handle');
  const message: Message = {
    id: newId('msg', now),
    accountId: line.accountId,
    mode: 'live',
    conversationId: place.conversation.id,
    groupId: place.group?.id ?? null,
    lineId: line.id,
    direction: 'inbound',
    from,
    to: event.line ? handleFromMac(event.line) : line.handle,
    text: event.text,
    status: 'received',
    errorCode: null,
    errorMessage: null,
    service: event.service.toLowerCase(),
    guid: event.guid,
    metadata: null,
    traceId: newId('trc', now),
    // History stands in lists where it happened; what comes late stands where customers who page on will meet it.
    createdAt: event.backfill ? Math.max(0, Math.min(at, now)) : now,
    sentAt: at,
    deliveredAt: null,
    readAt: null,
    editCount: 0,
    editedAt: null,
    unsentAt: null,
    details: await detailsOf(recording, event),
  };
  await tx.insertMessage(message);
  await tx.appendTimeline({ messageId: message.id, step: 'received', source: 'mac', at, errorCode: null });
  const attachments = await keepAttachments(recording, message, event.attachments ?? []);
  const { details } = message;
  const told = await tellCustomer(recording, message.conversationId, {
    type: 'message.received',
    data: {
      messageId: message.id,
      from,
      to: message.to,
      ...(message.groupId === null ? {} : { groupId: message.groupId }),
      text: message.text,
      ...(details.truncated ? { truncated: true } : {}),
      ...(details.subject ? { subject: details.subject } : {}),
      ...(details.runs ? { runs: details.runs } : {}),
      attachments: attachments.map(attachmentObject),
      ...(details.replyTo ? { replyTo: replyObject(details.replyTo) } : {}),
      ...(details.stickerOn ? { stickerOn: replyObject(details.stickerOn) } : {}),
      ...(details.effect ? { effect: details.effect } : {}),
      ...(details.voiceNote ? { voiceNote: true } : {}),
      ...(details.app ? { app: details.app } : {}),
      ...(details.filtered ? { filtered: details.filtered } : {}),
      ...(details.toSelf ? { toSelf: true } : {}),
      ...(details.backfill ? { backfill: true } : {}),
      service: event.service.toLowerCase(),
      receivedAt: isoTime(at),
      lineId: line.id,
    },
  });
  return place.deliveries + told;
}

async function detailsOf(recording: Recording, event: MessageReceivedEvent): Promise<MessageDetails> {
  const { replyTo, stickerOn, app } = event;
  return {
    ...(event.runs?.length ? { runs: event.runs } : {}),
    ...(event.truncated ? { truncated: true } : {}),
    ...(event.subject ? { subject: event.subject } : {}),
    ...(replyTo ? { replyTo: await nameOf(recording, replyTo) } : {}),
    ...(stickerOn ? { stickerOn: await nameOf(recording, stickerOn) } : {}),
    ...(event.effect ? { effect: event.effect } : {}),
    ...(event.voiceNote ? { voiceNote: true } : {}),
    ...(app ? { app: await appOf(recording, app) } : {}),
    ...(event.filtered ? { filtered: event.filtered } : {}),
    ...(event.toSelf ? { toSelf: true } : {}),
    ...(event.backfill ? { backfill: true } : {}),
  };
}

/** An app's balloon with the API's name of the message that it changes. */
export async function appOf(
  recording: Recording,
  { updates, ...app }: NonNullable<MessageReceivedEvent['app']>,
): Promise<NonNullable<MessageDetails['app']>> {
  if (updates === undefined) return app;
  const { messageId, guid } = await nameOf(recording, { guid: updates, part: 0 });
  return { ...app, updates: messageId === null ? { messageId, guid } : { messageId } };
}
