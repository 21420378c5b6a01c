import type { SelectQueryBuilder } from 'kysely';
import type { Database } from './database.ts';
import { readCursor, writeCursor } from './message-cursor.ts';
import type { Page } from './types.ts';

/** Tables whose lists go from the newest row to the oldest. */
type Listed = 'message' | 'chat_group' | 'call' | 'conversation';

interface Placed {
  id: string;
  createdAt: number;
}

/** The rows that come after those of the page before, newest first. */
export function newestFirst<Row>(
  query: SelectQueryBuilder<Database, Listed, Row>,
  cursor: string | undefined,
): SelectQueryBuilder<Database, Listed, Row> {
  const ordered = query.orderBy('createdAt', 'desc').orderBy('id', 'desc');
  if (cursor === undefined) return ordered;
  const after = readCursor(cursor);
  return ordered.where((where) =>
    where.or([
      where('createdAt', '<', after.createdAt),
      where.and([where('createdAt', '=', after.createdAt), where('id', '<', after.id)]),
    ]),
  );
}

/** One page of a query, newest first, and where the next one begins. */
export async function pageOf<Row extends Placed, T extends Listed>(
  query: SelectQueryBuilder<Database, T, Row>,
  { limit, cursor }: Page,
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const listed = query as unknown as SelectQueryBuilder<Database, Listed, Row>;
  const found = await newestFirst(listed, cursor)
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, nextCursor: found.length > limit && last ? writeCursor(last) : null };
}
