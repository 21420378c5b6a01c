import type { Session } from './database.ts';
import type { Line, StoreOperations } from './types.ts';

export type LineTable = Line;

type LineOperations = Pick<
  StoreOperations,
  'insertLine' | 'findLineByHandle' | 'findLine' | 'listLines' | 'markBanned'
>;

export const lineOperations = ({ db }: Session): LineOperations => ({
  async insertLine(line) {
    await db.insertInto('line').values(line).execute();
  },
  findLineByHandle: (accountId, handle) =>
    db
      .selectFrom('line')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('handle', '=', handle)
      .executeTakeFirst(),
  findLine: (accountId, id) =>
    db
      .selectFrom('line')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst(),
  async markBanned(id, { bannedAt, banReason }) {
    await db.updateTable('line').set({ bannedAt, banReason }).where('id', '=', id).execute();
  },
  listLines: (accountId) =>
    db
      .selectFrom('line')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('createdAt')
      .orderBy('id')
      .execute(),
});
