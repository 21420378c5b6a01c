import { type Selectable, sql } from 'kysely';
import type { Dialect, Session } from './database.ts';
import { writeCursor } from './message-cursor.ts';
import { newestFirst, pageOf } from './page.ts';
import type { Message, MessageDetails, MessageFilter, Page, StoreOperations } from './types.ts';

/** How many messages one page of a search looks through. */
const SEARCH_WINDOW = 10_000;

export type MessageTable = Omit<Message, 'metadata' | 'details'> & {
  /** JSON object. */
  details: string;
  /** JSON object of strings, or null. */
  metadata: string | null;
};

type MessageOperations = Pick<
  StoreOperations,
  | 'insertMessage'
  | 'findMessage'
  | 'findMessageByGuid'
  | 'findMessageByCommand'
  | 'lockMessageByGuid'
  | 'updateMessage'
  | 'hasInboundSince'
  | 'listMessages'
>;

const toRow = (message: Message): MessageTable => ({
  ...message,
  metadata: message.metadata === null ? null : JSON.stringify(message.metadata),
  details: JSON.stringify(message.details),
});

const toMessage = (row: Selectable<MessageTable>): Message => ({
  ...row,
  metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>),
  details: JSON.parse(row.details) as MessageDetails,
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
  async lockMessageByGuid(lineId, guid) {
    const row = await db
      .selectFrom('message')
      .selectAll()
      .where('lineId', '=', lineId)
      .where('guid', '=', guid)
      .$if(dialect === 'postgres', (query) => query.forNoKeyUpdate())
      .executeTakeFirst();
    return row && toMessage(row);
  },
  async updateMessage(id, { details, ...columns }) {
    const patch = details === undefined ? columns : { ...columns, details: JSON.stringify(details) };
    if (Object.values(patch).every((value) => value === undefined)) return;
    await db.updateTable('message').set(patch).where('id', '=', id).execute();
  },
  async hasInboundSince(conversationId, since) {
    const found = await db
      .selectFrom('message')
      .select('id')
      .where('conversationId', '=', conversationId)
      .where('createdAt', '>=', since)
      .where('direction', '=', 'inbound')
      .limit(1)
      .executeTakeFirst();
    return found !== undefined;
  },
  async listMessages(filter, page) {
    const { rows, nextCursor } = await (filter.words?.length
      ? searched(db, filter, filter.words, page, dialect)
      : pageOf(filtered(db, filter), page));
    return { messages: rows.map(toMessage), nextCursor };
  },
});

/** Whatever LIKE gives a meaning to stands for itself. */
const literally = (word: string): string => word.replace(/[\\%_]/g, '\\$&');

/** A page of those in whose text every word occurs, among the next {@link SEARCH_WINDOW} messages. */
async function searched(
  db: Session['db'],
  filter: MessageFilter,
  words: readonly string[],
  { limit, cursor }: Page,
  dialect: Dialect,
): Promise<{ rows: Selectable<MessageTable>[]; nextCursor: string | null }> {
  const window = newestFirst(filtered(db, filter), cursor);
  const last = await window
    .clearSelect()
    .select(['id', 'createdAt'])
    .offset(SEARCH_WINDOW - 1)
    .limit(1)
    .executeTakeFirst();
  let query = db
    .selectFrom(window.limit(SEARCH_WINDOW).as('message'))
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc');
  const like = sql.raw(dialect === 'postgres' ? 'ilike' : 'like');
  for (const word of words)
    query = query.where(sql<boolean>`text ${like} ${`%${literally(word)}%`} escape '\\'`);
  const found = await query.limit(limit + 1).execute();
  const rows = found.slice(0, limit);
  const end = found.length > limit ? rows.at(-1) : last;
  return { rows, nextCursor: end ? writeCursor(end) : null };
}

function filtered(db: Session['db'], filter: MessageFilter) {
  const { accountId, mode, groupId, direction, status, participant, lineId, since, until } = filter;
  let query = db
    .selectFrom('message')
    .selectAll()
    .where('accountId', '=', accountId)
    .where('mode', '=', mode);
  if (groupId !== undefined) query = query.where('groupId', '=', groupId);
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
