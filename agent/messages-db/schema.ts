import type Database from 'better-sqlite3';

/** Columns of each table that a query may name, as they stand in this file. */
export interface Schema {
  has(table: string, column?: string): boolean;
  /** SQL for a column under the alias of its table, or NULL where this file does not have it. */
  column(alias: keyof typeof ALIASES, column: string): string;
}

const ALIASES = { m: 'message', c: 'chat', h: 'handle', j: 'chat_message_join', a: 'attachment' } as const;
const TABLES = [...Object.values(ALIASES), 'message_attachment_join', 'chat_recoverable_message_join'];

/**
 * Which columns this chat.db has. Never told from the release of macOS: two Macs of one build can differ, and columns
 * of older releases stay after upgrades.
 */
export function probeSchema(db: Database.Database): Schema {
  const columns = new Map<string, Set<string>>();
  const list = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)');
  for (const table of TABLES) columns.set(table, new Set(list.all(table).map(({ name }) => name)));
  const has = (table: string, column?: string): boolean => {
    const names = columns.get(table);
    return names !== undefined && (column === undefined ? names.size > 0 : names.has(column));
  };
  return {
    has,
    column: (alias, column) => (has(ALIASES[alias], column) ? `${alias}.${column}` : 'NULL'),
  };
}
