import type { Session } from './database.ts';
import type { LineOperation, StoreOperations } from './types.ts';

export type LineOperationTable = LineOperation;

type LineOperationKeeping = Pick<
  StoreOperations,
  | 'insertLineOperation'
  | 'updateLineOperation'
  | 'findLineOperation'
  | 'findLineOperationByCommand'
  | 'listLineOperations'
  | 'listGroupOperations'
>;

export const lineOperationKeeping = ({ db, dialect }: Session): LineOperationKeeping => ({
  async insertLineOperation(operation) {
    await db.insertInto('line_operation').values(operation).execute();
  },
  async updateLineOperation(id, patch) {
    if (Object.values(patch).every((value) => value === undefined)) return;
    await db.updateTable('line_operation').set(patch).where('id', '=', id).execute();
  },
  findLineOperation: (accountId, mode, id) =>
    db
      .selectFrom('line_operation')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst(),
  findLineOperationByCommand: (commandId) =>
    db
      .selectFrom('line_operation')
      .selectAll()
      .where('commandId', '=', commandId)
      .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate())
      .executeTakeFirst(),
  listLineOperations: (messageId) =>
    db
      .selectFrom('line_operation')
      .selectAll()
      .where('messageId', '=', messageId)
      .orderBy('createdAt')
      .orderBy('id')
      .execute(),
  async listGroupOperations(groupIds) {
    if (groupIds.length === 0) return [];
    return db.selectFrom('line_operation').selectAll().where('groupId', 'in', groupIds).execute();
  },
});
