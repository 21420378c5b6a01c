import type { Session } from './database.ts';
import type { LineUsage, StoreOperations } from './types.ts';

export type LineUsageTable = LineUsage;

type LineUsageOperations = Pick<StoreOperations, 'putLineUsage' | 'listLineUsage'>;

export const lineUsageOperations = ({ db }: Session): LineUsageOperations => ({
  async putLineUsage(usage) {
    await db
      .insertInto('line_usage')
      .values(usage)
      .onConflict((conflict) =>
        conflict.columns(['lineId', 'date']).doUpdateSet(usage).where('line_usage.at', '<=', usage.at),
      )
      .execute();
  },
  listLineUsage: (lineId, { from, to }) =>
    db
      .selectFrom('line_usage')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('date', '>=', from)
      .where('date', '<=', to)
      .orderBy('date')
      .execute(),
});
