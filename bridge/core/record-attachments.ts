import type { AttachmentChangedEvent } from '../protocol/events.ts';
import type { MacAttachment } from '../protocol/message-events.ts';
import { newId } from '../runtime/ids.ts';
import type { Attachment, Media, Message } from '../store/types.ts';
import { UNKNOWN_TYPE } from './media-kind.ts';
import { orderUpload } from './order-upload.ts';
import type { Recording } from './recording.ts';
import { requestError } from './request-error.ts';

/** Stores the files of a new message, and orders the bytes of those that are whole. */
export async function keepAttachments(
  recording: Recording,
  message: Message,
  told: readonly MacAttachment[],
): Promise<Attachment[]> {
  const kept: Attachment[] = [];
  for (const [ordinal, one] of told.entries()) {
    // One file that stands twice in a message is one file.
    if (kept.some(({ guid }) => guid === one.guid)) continue;
    kept.push(await keep(recording, message, one, ordinal));
  }
  return kept;
}

/** Stores what became of a file that was told before; customers see it in the message and its media. */
export async function recordAttachmentChanged(
  recording: Recording,
  event: AttachmentChangedEvent,
): Promise<number> {
  const { tx, line } = recording;
  const message = await tx.lockMessageByGuid(line.id, event.guid);
  if (!message) throw requestError('not_found', 'No message has the file that changed');
  const present = await tx.listAttachments([message.id]);
  const known = present.find(({ guid }) => guid === event.attachment.guid);
  if (!known) {
    const ordinal = Math.max(-1, ...present.map((one) => one.ordinal)) + 1;
    await keep(recording, message, event.attachment, ordinal);
    return 0;
  }
  const media = known.mediaId === null ? undefined : await tx.findMediaById(known.mediaId);
  const mediaId = media ? await follow(recording, message, media, event.attachment) : known.mediaId;
  await tx.updateAttachment({ ...rowOf(message, event.attachment, known.ordinal), mediaId });
  if (!media) await begin(recording, message, event.attachment, known.ordinal);
  return 0;
}

async function keep(
  recording: Recording,
  message: Message,
  told: MacAttachment,
  ordinal: number,
): Promise<Attachment> {
  const { tx } = recording;
  const attachment = rowOf(message, told, ordinal);
  await tx.insertAttachment(attachment);
  return begin(recording, message, told, ordinal);
}

/** Makes the media of a file that comes or is there; one that will not come has none. */
async function begin(
  recording: Recording,
  message: Message,
  told: MacAttachment,
  ordinal: number,
): Promise<Attachment> {
  const { tx, line, now } = recording;
  const attachment = rowOf(message, told, ordinal);
  if (told.state === 'failed') return attachment;
  const media: Media = {
    id: newId('med', now),
    accountId: line.accountId,
    mode: 'live',
    lineId: line.id,
    commandId: null,
    filename: told.name,
    mimeType: told.mimeType ?? UNKNOWN_TYPE,
    bytes: told.bytes,
    sha256: told.sha256 ?? null,
    kind: told.kind,
    state: 'pending',
    file: null,
    errorCode: null,
    createdAt: now,
  };
  await tx.insertMedia(media);
  const whole = { ...attachment, mediaId: media.id };
  await tx.updateAttachment(whole);
  if (told.state === 'complete') await orderUpload(recording, { media, message, guid: told.guid });
  return whole;
}

/** Keeps media in step with its file; returns its id. */
async function follow(
  recording: Recording,
  message: Message,
  media: Media,
  told: MacAttachment,
): Promise<string> {
  const { tx } = recording;
  if (media.state === 'stored') return media.id;
  if (told.state === 'failed') {
    await tx.updateMedia(media.id, { state: 'failed', errorCode: 'attachment_failed' });
    return media.id;
  }
  const { name: filename, bytes } = told;
  await tx.updateMedia(media.id, {
    filename,
    bytes,
    sha256: told.sha256 ?? null,
    mimeType: told.mimeType ?? UNKNOWN_TYPE,
    state: 'pending',
    errorCode: null,
  });
  if (told.state === 'complete' && (media.commandId === null || media.state === 'failed'))
    await orderUpload(recording, { media, message, guid: told.guid });
  return media.id;
}

const rowOf = (message: Message, told: MacAttachment, ordinal: number): Attachment => ({
  messageId: message.id,
  ordinal,
  guid: told.guid,
  mediaId: null,
  name: told.name,
  mimeType: told.mimeType,
  bytes: told.bytes,
  kind: told.kind,
  state: told.state,
  place: told.position,
  transcription: told.transcription ?? null,
});
