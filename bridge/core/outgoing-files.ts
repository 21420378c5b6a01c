import type { Command } from '../protocol/commands.ts';
import type { Attachment, Media, StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { requestError } from './request-error.ts';
import type { Caller } from './types.ts';

export const MOST_FILES = 10;
/** In UTF-16 units: what an agent takes. */
const LONGEST_NAME = 200;
/** The sounds that a Mac makes into a voice note, by the ending of their names, which its tool goes by. */
const SOUND = /\.(mp3|m4a|aac|wav|aif|aiff|aifc)$/i;
/** How a Core Audio file begins, which goes as a voice note as it is. */
const CORE_AUDIO = 'caff';

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
export async function checkVoiceNote(
  context: Pick<CoreContext, 'media'>,
  files: readonly Media[],
  text: string,
): Promise<void> {
  const [file, ...more] = files;
  const alone = file !== undefined && more.length === 0 && text === '';
  if (alone && (SOUND.test(file.filename) || (await isCoreAudio(context, file)))) return;
  throw requestError(
    'invalid_attachments',
    'A voice note is one sound without text: a Core Audio file, or .mp3, .m4a, .aac, .wav, .aif, .aiff or .aifc to be made into it',
    'attachments',
  );
}

async function isCoreAudio({ media }: Pick<CoreContext, 'media'>, { file, bytes }: Media): Promise<boolean> {
  if (!media || file === null || bytes < CORE_AUDIO.length) return false;
  const stream = await media.read(file);
  try {
    for await (const chunk of stream)
      return (chunk as Buffer).toString('latin1', 0, CORE_AUDIO.length) === CORE_AUDIO;
    return false;
  } finally {
    stream.destroy();
  }
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

/** A file as part of a message; `part` is its number among the parts, of which a text is the first. */
export const attachmentOf = (
  messageId: string,
  { ordinal, part }: Pick<Attachment, 'ordinal' | 'part'>,
  media: Media,
): Attachment => ({
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
  part,
  transcription: null,
  renditionId: null,
  renditionName: null,
  renditionType: null,
});
