import type Database from 'better-sqlite3';

/** Columns of each table that a query may name, as they stand in this file. */
export interface Schema {
  /** Changes whenever the schema does. */
  version: number;
  has(table: string, column?: string): boolean;
}

const TABLES = ['message', 'chat', 'handle', 'chat_message_join'];

/**
 * Which columns this chat.db has. Never told from the release of macOS: two Macs of one build can differ, and columns
 * of older releases stay after upgrades.
 */
export function probeSchema(db: Database.Database): Schema {
  const columns = new Map<string, Set<string>>();
  const list = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)');
  for (const table of TABLES) columns.set(table, new Set(list.all(table).map(({ name }) => name)));
  return {
    version: schemaVersion(db),
    has: (table, column) => {
      const names = columns.get(table);
      return names !== undefined && (column === undefined ? names.size > 0 : names.has(column));
    },
  };
}

/** The schema cookie of the file: cheap, and another number after any change of the schema. */
export function schemaVersion(db: Database.Database): number {
  return Number(db.pragma('schema_version', { simple: true }));
}
