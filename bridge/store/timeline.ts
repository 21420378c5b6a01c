import type { Generated } from 'kysely';
import type { Session } from './database.ts';
import type { StoreOperations, TimelineEntry } from './types.ts';

export type TimelineTable = TimelineEntry & { position: Generated<number> };

type TimelineOperations = Pick<StoreOperations, 'appendTimeline' | 'listTimeline'>;

export const timelineOperations = ({ db }: Session): TimelineOperations => ({
  async appendTimeline(entry) {
    await db.insertInto('timeline').values(entry).execute();
  },
  listTimeline: (messageId) =>
    db
      .selectFrom('timeline')
      .select(['messageId', 'step', 'source', 'at', 'errorCode'])
      .where('messageId', '=', messageId)
      .orderBy('position')
      .execute(),
});
