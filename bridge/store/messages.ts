import type { Selectable } from 'kysely';
import type { Session } from './database.ts';
import { readCursor, writeCursor } from './message-cursor.ts';
import type { Message, MessageFilter, StoreOperations } from './types.ts';

export type MessageTable = Omit<Message, 'metadata'> & {
  /** JSON object of strings, or null. */
  metadata: string | null;
};

type MessageOperations = Pick<
  StoreOperations,
  | 'insertMessage'
  | 'findMessage'
  | 'findMessageByGuid'
  | 'findMessageByCommand'
  | 'updateMessage'
  | 'listMessages'
>;

const toRow = (message: Message): MessageTable => ({
  ...message,
  metadata: message.metadata === null ? null : JSON.stringify(message.metadata),
});

const toMessage = (row: Selectable<MessageTable>): Message => ({
  ...row,
  metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>),
});

export const messageOperations = ({ db, dialect }: Session): MessageOperations => ({
  async insertMessage(message) {
    await db.insertInto('message').values(toRow(message)).execute();
  },
  async findMessage(accountId, mode, id) {
    const row = await db
      .selectFrom('message')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst();
    return row && toMessage(row);
  },
  async findMessageByGuid(lineId, guid) {
    const row = await db
      .selectFrom('message')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('guid', '=', guid)
      .executeTakeFirst();
    return row && toMessage(row);
  },
  async findMessageByCommand(commandId) {
    const row = await db
      .selectFrom('command')
      .innerJoin('message', 'message.id', 'command.messageId')
      .selectAll('message')
      .where('command.id', '=', commandId)
      .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate('message'))
      .executeTakeFirst();
    return row && toMessage(row);
  },
  async updateMessage(id, patch) {
    if (Object.values(patch).every((value) => value === undefined)) return;
    await db.updateTable('message').set(patch).where('id', '=', id).execute();
  },
  async listMessages(filter, { limit, cursor }) {
    let query = filtered(db, filter);
    if (cursor !== undefined) {
      const after = readCursor(cursor);
      query = query.where((where) =>
        where.or([
          where('createdAt', '<', after.createdAt),
          where.and([where('createdAt', '=', after.createdAt), where('id', '<', after.id)]),
        ]),
      );
    }
    const rows = await query
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const messages = rows.slice(0, limit).map(toMessage);
    const last = messages.at(-1);
    return { messages, nextCursor: rows.length > limit && last ? writeCursor(last) : null };
  },
});

function filtered(db: Session['db'], filter: MessageFilter) {
  const { accountId, mode, direction, status, participant, lineId, since, until } = filter;
  let query = db
    .selectFrom('message')
    .selectAll()
    .where('accountId', '=', accountId)
    .where('mode', '=', mode);
  if (direction !== undefined) query = query.where('direction', '=', direction);
  if (status !== undefined) query = query.where('status', '=', status);
  if (lineId !== undefined) query = query.where('lineId', '=', lineId);
  if (since !== undefined) query = query.where('createdAt', '>=', since);
  if (until !== undefined) query = query.where('createdAt', '<', until);
  if (participant !== undefined)
    query = query.where((where) =>
      where.or([where('from', '=', participant), where('to', '=', participant)]),
    );
  return query;
}
