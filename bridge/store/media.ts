import type { Session } from './database.ts';
import type { Attachment, Media, StoreOperations } from './types.ts';

export type MediaTable = Media;
export type AttachmentTable = Attachment;

type MediaKeeping = Pick<
  StoreOperations,
  | 'insertMedia'
  | 'updateMedia'
  | 'storeMedia'
  | 'findMedia'
  | 'findMediaById'
  | 'findMediaByCommand'
  | 'insertAttachment'
  | 'updateAttachment'
  | 'dropRendition'
  | 'listAttachments'
>;

export const mediaOperations = ({ db }: Session): MediaKeeping => ({
  async insertMedia(media) {
    await db.insertInto('media').values(media).execute();
  },
  async updateMedia(id, patch) {
    if (Object.values(patch).every((value) => value === undefined)) return;
    await db.updateTable('media').set(patch).where('id', '=', id).execute();
  },
  async storeMedia(id, stored) {
    const { numUpdatedRows } = await db
      .updateTable('media')
      .set({ ...stored, state: 'stored', errorCode: null })
      .where('id', '=', id)
      .where('state', '!=', 'stored')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await db.updateTable('attachment').set({ bytes: stored.bytes }).where('mediaId', '=', id).execute();
    return true;
  },
  findMedia: (accountId, mode, id) =>
    db
      .selectFrom('media')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst(),
  findMediaById: (id) => db.selectFrom('media').selectAll().where('id', '=', id).executeTakeFirst(),
  findMediaByCommand: (commandId) =>
    db.selectFrom('media').selectAll().where('commandId', '=', commandId).executeTakeFirst(),
  async insertAttachment(attachment) {
    await db.insertInto('attachment').values(attachment).execute();
  },
  async updateAttachment(attachment) {
    await db
      .updateTable('attachment')
      .set(attachment)
      .where('messageId', '=', attachment.messageId)
      .where('ordinal', '=', attachment.ordinal)
      .execute();
  },
  async dropRendition(mediaId) {
    await db
      .updateTable('attachment')
      .set({ renditionId: null, renditionName: null, renditionType: null })
      .where('renditionId', '=', mediaId)
      .execute();
  },
  async listAttachments(messageIds) {
    if (messageIds.length === 0) return [];
    return db
      .selectFrom('attachment')
      .selectAll()
      .where('messageId', 'in', messageIds)
      .orderBy('messageId')
      .orderBy('ordinal')
      .execute();
  },
});
