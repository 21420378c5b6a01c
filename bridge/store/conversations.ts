import type { Session } from './database.ts';
import type { Conversation, StoreOperations } from './types.ts';

export type ConversationTable = Conversation;

type ConversationOperations = Pick<StoreOperations, 'findOrCreateConversation' | 'findLineOfParticipant'>;

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
});
