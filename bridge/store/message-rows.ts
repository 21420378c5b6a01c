import type { Session } from './database.ts';
import type { MessageRow, StoreOperations } from './types.ts';

export type MessageRowTable = MessageRow;

type MessageRowOperations = Pick<StoreOperations, 'addMessageRow' | 'findMessageRow' | 'listMessageRows'>;

export const messageRowOperations = ({ db }: Session): MessageRowOperations => ({
  async addMessageRow(row) {
    await db
      .insertInto('message_row')
      .values(row)
      .onConflict((conflict) => conflict.columns(['lineId', 'guid']).doNothing())
      .execute();
  },
  async findMessageRow(lineId, guid) {
    return db
      .selectFrom('message_row')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('guid', '=', guid)
      .executeTakeFirst();
  },
  async listMessageRows(messageIds) {
    if (messageIds.length === 0) return [];
    return db
      .selectFrom('message_row')
      .selectAll()
      .where('messageId', 'in', messageIds)
      .orderBy('messageId')
      .orderBy('part')
      .execute();
  },
});
