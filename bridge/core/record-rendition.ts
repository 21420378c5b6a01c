import type { MacAttachment } from '../protocol/message-events.ts';
import { newId } from '../runtime/ids.ts';
import type { Attachment, Media, Message } from '../store/types.ts';
import { orderUpload } from './order-upload.ts';
import type { Recording } from './recording.ts';

/**
 * Makes the media of the rendition that a Mac offers of a file, and orders its bytes once the file is whole; returns the
 * attachment with it. Whoever calls stores the attachment.
 */
export async function keepRendition(
  recording: Recording,
  message: Message,
  attachment: Attachment,
  told: MacAttachment,
): Promise<Attachment> {
  const { tx } = recording;
  const { renditionId } = attachment;
  if (told.state === 'failed') {
    if (renditionId !== null)
      await tx.updateMedia(renditionId, { state: 'failed', errorCode: 'attachment_failed' });
    return attachment;
  }
  if (!told.rendition || attachment.mediaId === null) return attachment;
  const media =
    renditionId === null
      ? await newMedia(recording, told, told.rendition)
      : await tx.findMediaById(renditionId);
  if (media?.commandId === null && told.state === 'complete')
    await orderUpload(recording, { media, message, guid: told.guid, rendition: true });
  const { name: renditionName, mimeType: renditionType } = told.rendition;
  return { ...attachment, renditionId: media?.id ?? null, renditionName, renditionType };
}

async function newMedia(
  { tx, line, now }: Recording,
  { kind }: MacAttachment,
  { name: filename, mimeType }: NonNullable<MacAttachment['rendition']>,
): Promise<Media> {
  const media: Media = {
    id: newId('med', now),
    accountId: line.accountId,
    mode: 'live',
    lineId: line.id,
    commandId: null,
    filename,
    mimeType,
    bytes: 0,
    sha256: null,
    kind,
    state: 'pending',
    file: null,
    errorCode: null,
    createdAt: now,
  };
  await tx.insertMedia(media);
  return media;
}
