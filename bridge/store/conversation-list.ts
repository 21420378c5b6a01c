import { type RawBuilder, sql } from 'kysely';
import type { Session } from './database.ts';
import { readCursor, writeCursor } from './message-cursor.ts';
import type { Conversation, KnownConversation, StoreOperations } from './types.ts';

type ConversationReading = Pick<StoreOperations, 'listConversations'>;

const COUNTS: Readonly<Record<string, RawBuilder<number | null>>> = {
  messageCount: sql<number | null>`count(*)`,
  inboundCount: sql<number | null>`count(case when direction = 'inbound' then 1 end)`,
  outboundCount: sql<number | null>`count(case when direction = 'outbound' then 1 end)`,
  firstMessageAt: sql<number | null>`min("createdAt")`,
  lastMessageAt: sql<number | null>`max("createdAt")`,
  lastInboundAt: sql<number | null>`max(case when direction = 'inbound' then "createdAt" end)`,
  lastOutboundAt: sql<number | null>`max(case when direction = 'outbound' then "createdAt" end)`,
};

export const conversationReading = (session: Session): ConversationReading => ({
  async listConversations({ accountId, mode, participant }, { limit, cursor }) {
    const { db } = session;
    const newest = db
      .selectFrom('conversation')
      .innerJoin('message', (join) =>
        join.on('message.id', '=', (eb) =>
          eb
            .selectFrom('message as m')
            .select('m.id')
            .whereRef('m.conversationId', '=', 'conversation.id')
            .orderBy('m.createdAt', 'desc')
            .orderBy('m.id', 'desc')
            .limit(1),
        ),
      )
      .where('conversation.accountId', '=', accountId)
      .where('conversation.mode', '=', mode)
      .$if(participant !== undefined, (query) =>
        query.where('conversation.participant', '=', participant ?? ''),
      )
      .selectAll('conversation')
      .select(['message.id as lastId', 'message.createdAt as lastAt'])
      .orderBy('message.createdAt', 'desc')
      .orderBy('message.id', 'desc');
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const found = await newest
      .$if(after !== undefined, (query) =>
        query.where((where) =>
          where.or([
            where('message.createdAt', '<', after?.createdAt ?? 0),
            where.and([
              where('message.createdAt', '=', after?.createdAt ?? 0),
              where('message.id', '<', after?.id ?? ''),
            ]),
          ]),
        ),
      )
      .limit(limit + 1)
      .execute();
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const conversations: KnownConversation[] = [];
    for (const { lastId, lastAt: _, ...conversation } of rows)
      conversations.push(await described(session, conversation, lastId));
    return {
      conversations,
      nextCursor:
        found.length > limit && last ? writeCursor({ id: last.lastId, createdAt: last.lastAt }) : null,
    };
  },
});

async function described(
  { db }: Session,
  conversation: Conversation,
  lastMessageId: string,
): Promise<KnownConversation> {
  const counts = await db
    .selectFrom('message')
    .select(Object.entries(COUNTS).map(([name, value]) => value.as(name)))
    .where('conversationId', '=', conversation.id)
    .executeTakeFirstOrThrow();
  const numbers = Object.fromEntries(
    Object.entries(counts).map(([name, value]) => [name, value === null ? null : Number(value)]),
  ) as Omit<KnownConversation, 'conversation' | 'lastMessageId'>;
  return { conversation, lastMessageId, ...numbers };
}
