import type { Command } from '../protocol/commands.ts';
import type { Attachment, Media, StoreOperations } from '../store/types.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

export const MOST_FILES = 10;
/** In UTF-16 units: what an agent takes. */
const LONGEST_NAME = 200;
/** A Core Audio file, as voice notes are, and the sounds that a Mac makes into one. */
const VOICE_NOTE = /\.(caf|mp3|m4a|aac|wav|aif|aiff|aifc)$/i;

type SendMessage = Extract<Command, { type: 'message.send' }>;
/** A file as an agent is told of it. */
export type OutgoingFile = NonNullable<SendMessage['files']>[number];

/** Files that were uploaded or received before, in the order asked for. Throws `invalid_attachments`. */
export async function outgoingFiles(
  tx: StoreOperations,
  { accountId, mode }: Caller,
  mediaIds: readonly string[],
): Promise<Media[]> {
  if (mediaIds.length > MOST_FILES)
    throw requestError('invalid_attachments', `A message has at most ${MOST_FILES} files`, 'attachments');
  const files: Media[] = [];
  for (const [index, id] of mediaIds.entries()) {
    const media = await tx.findMedia(accountId, mode, id);
    const param = `attachments[${index}].mediaId`;
    if (!media) throw requestError('invalid_attachments', 'There is no file with this id', param);
    if (media.state !== 'stored' || media.sha256 === null || media.bytes < 1)
      throw requestError('invalid_attachments', 'The bytes of this file are not here', param);
    files.push(media);
  }
  return files;
}

/** Throws `invalid_attachments` unless it is one sound alone that can be sent as a voice note. */
export function checkVoiceNote(files: readonly Media[], text: string): void {
  const [file, ...more] = files;
  if (!file || more.length > 0 || text !== '' || !VOICE_NOTE.test(file.filename))
    throw requestError(
      'invalid_attachments',
      'A voice note is one sound without text: .caf, or .mp3, .m4a, .aac, .wav, .aif, .aiff or .aifc to be made into it',
      'attachments',
    );
}

/** How an agent is told of a file. */
export const fileOrder = ({ id, filename, mimeType, bytes, sha256 }: Media): OutgoingFile => ({
  mediaId: id,
  name: shortened(filename),
  mimeType: mimeType.slice(0, 100),
  bytes,
  sha256: sha256 ?? '',
});

/** A long name keeps its end, which says what the file is. */
const shortened = (name: string): string =>
  name.length <= LONGEST_NAME ? name : name.slice(-LONGEST_NAME).replace(/^[\uDC00-\uDFFF]/, '');

/** A file as part of a message. */
export const attachmentOf = (messageId: string, ordinal: number, media: Media): Attachment => ({
  messageId,
  ordinal,
  guid: null,
  mediaId: media.id,
  name: media.filename,
  mimeType: media.mimeType,
  bytes: media.bytes,
  kind: media.kind,
  state: 'complete',
  place: null,
  part: null,
  transcription: null,
  renditionId: null,
  renditionName: null,
  renditionType: null,
});
