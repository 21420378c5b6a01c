import type { AttachmentChangedEvent } from '../protocol/events.ts';
import type { MacAttachment } from '../protocol/message-events.ts';
import { newId } from '../runtime/ids.ts';
import type { Attachment, Media, Message } from '../store/types.ts';
import { UNKNOWN_TYPE } from './media-kind.ts';
import { orderUpload } from './order-upload.ts';
import { keepRendition } from './record-rendition.ts';
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
  const told = media?.state === 'stored' ? { ...event.attachment, bytes: media.bytes } : event.attachment;
  const row = { ...rowOf(message, told, known.ordinal), ...lastingOf(known, told) };
  if (media) await follow(recording, message, media, told);
  const begun = media ? row : await begin(recording, message, row, told);
  await tx.updateAttachment(await keepRendition(recording, message, begun, told));
  return 0;
}

async function keep(
  recording: Recording,
  message: Message,
  told: MacAttachment,
  ordinal: number,
): Promise<Attachment> {
  const { tx } = recording;
  const row = rowOf(message, told, ordinal);
  await tx.insertAttachment(row);
  const begun = await begin(recording, message, row, told);
  const whole = await keepRendition(recording, message, begun, told);
  if (whole !== row) await tx.updateAttachment(whole);
  return whole;
}

/** Makes the media of a file that comes or is there; one that will not come has none. */
async function begin(
  recording: Recording,
  message: Message,
  attachment: Attachment,
  told: MacAttachment,
): Promise<Attachment> {
  const { tx, line, now } = recording;
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
  if (told.state === 'complete') await orderUpload(recording, { media, message, guid: told.guid });
  return { ...attachment, mediaId: media.id };
}

/** Keeps media in step with its file. */
async function follow(
  recording: Recording,
  message: Message,
  media: Media,
  told: MacAttachment,
): Promise<void> {
  const { tx } = recording;
  if (media.state === 'stored') return;
  if (told.state === 'failed') {
    await tx.updateMedia(media.id, { state: 'failed', errorCode: 'attachment_failed' });
    return;
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
}

/** What stays as it was told first: where its bytes go, and, unless it is told anew, where it stands. */
const lastingOf = (known: Attachment, told: MacAttachment) => ({
  mediaId: known.mediaId,
  renditionId: known.renditionId,
  renditionName: known.renditionName,
  renditionType: known.renditionType,
  place: told.position ?? known.place,
  part: told.part ?? known.part,
  transcription: told.transcription ?? known.transcription,
});

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
  part: told.part ?? null,
  transcription: told.transcription ?? null,
  renditionId: null,
  renditionName: null,
  renditionType: null,
});
