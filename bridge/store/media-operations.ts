import type { Attachment, Media, Mode } from './types.ts';

/** Changes of a file's row; undefined leaves a column as it is. */
export type MediaPatch = Partial<
  Pick<Media, 'commandId' | 'bytes' | 'sha256' | 'state' | 'file' | 'errorCode' | 'filename' | 'mimeType'>
>;

/** Operations on files and on the attachments that they are. */
export interface MediaOperations {
  insertMedia(media: Media): Promise<void>;
  updateMedia(id: string, patch: MediaPatch): Promise<void>;
  /** Marks a file as stored unless it is already; false then. An attachment that it is has its size from then on. */
  storeMedia(id: string, stored: { file: string; bytes: number; sha256: string }): Promise<boolean>;
  findMedia(accountId: string, mode: Mode, id: string): Promise<Media | undefined>;
  /** Whoever owns it. */
  findMediaById(id: string): Promise<Media | undefined>;
  findMediaByCommand(commandId: string): Promise<Media | undefined>;

  insertAttachment(attachment: Attachment): Promise<void>;
  updateAttachment(attachment: Attachment): Promise<void>;
  /** Takes a rendition that could not be made from the attachment that has it, if one has. */
  dropRendition(mediaId: string): Promise<void>;
  /** Attachments of some messages, each in its order. */
  listAttachments(messageIds: readonly string[]): Promise<Attachment[]>;
}
