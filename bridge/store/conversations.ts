import type { Session } from './database.ts';
import type { Conversation, StoreOperations } from './types.ts';

export type ConversationTable = Conversation;

type ConversationOperations = Pick<
  StoreOperations,
  | 'findOrCreateConversation'
  | 'findLineOfParticipant'
  | 'findConversation'
  | 'findConversationWith'
  | 'nameConversation'
>;

export const conversationOperations = ({ db }: Session): ConversationOperations => ({
  async findOrCreateConversation(conversation) {
    const find = () =>
      db
        .selectFrom('conversation')
        .selectAll()
        .where('lineId', '=', conversation.lineId)
        .where('mode', '=', conversation.mode)
        .where('kind', '=', conversation.kind)
        .where('participant', '=', conversation.participant);
    const known = await find().executeTakeFirst();
    if (known) return known;
    await db
      .insertInto('conversation')
      .values(conversation)
      .onConflict((conflict) => conflict.columns(['lineId', 'mode', 'kind', 'participant']).doNothing())
      .execute();
    return find().executeTakeFirstOrThrow();
  },
  findLineOfParticipant: (accountId, mode, participant) =>
    db
      .selectFrom('conversation')
      .innerJoin('line', 'line.id', 'conversation.lineId')
      .selectAll('line')
      .where('conversation.accountId', '=', accountId)
      .where('conversation.mode', '=', mode)
      .where('conversation.participant', '=', participant)
      .orderBy('conversation.createdAt', 'desc')
      .orderBy('conversation.id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  findConversation: (id) => db.selectFrom('conversation').selectAll().where('id', '=', id).executeTakeFirst(),
  findConversationWith({ accountId, mode, lineId }, participant) {
    let query = db
      .selectFrom('conversation')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .where('kind', '=', 'direct')
      .where('participant', '=', participant);
    if (lineId !== undefined) query = query.where('lineId', '=', lineId);
    return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst();
  },
  async nameConversation({ id, lineId, mode, kind }, participant) {
    const { numUpdatedRows } = await db
      .updateTable('conversation')
      .set({ participant })
      .where('id', '=', id)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('conversation as other')
              .select('other.id')
              .where('other.lineId', '=', lineId)
              .where('other.mode', '=', mode)
              .where('other.kind', '=', kind)
              .where('other.participant', '=', participant)
              .where('other.id', '!=', id),
          ),
        ),
      )
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
});
