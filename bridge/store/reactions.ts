import type { Session } from './database.ts';
import type { StandingReaction, StoreOperations } from './types.ts';

export type ReactionTable = StandingReaction;

type ReactionOperations = Pick<StoreOperations, 'putReaction' | 'removeReaction' | 'listReactions'>;

export const reactionOperations = ({ db }: Session): ReactionOperations => ({
  async putReaction(reaction) {
    await db
      .insertInto('reaction')
      .values(reaction)
      .onConflict((conflict) =>
        conflict.columns(['lineId', 'targetGuid', 'part', 'actor']).doUpdateSet(reaction),
      )
      .execute();
  },
  async removeReaction({ lineId, targetGuid, part, actor, reaction, emoji }) {
    const { numDeletedRows } = await db
      .deleteFrom('reaction')
      .where('lineId', '=', lineId)
      .where('targetGuid', '=', targetGuid)
      .where('part', '=', part)
      .where('actor', '=', actor)
      .where('reaction', '=', reaction)
      .where('emoji', emoji === null ? 'is' : '=', emoji)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  },
  async listReactions(lineId, targetGuids) {
    if (targetGuids.length === 0) return [];
    return db
      .selectFrom('reaction')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('targetGuid', 'in', targetGuids)
      .orderBy('at')
      .orderBy('actor')
      .execute();
  },
});
