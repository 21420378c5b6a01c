import type Database from 'better-sqlite3';

/** The new ROWID of a row of `table`, found by what makes it unique; 0 when it was left out. */
const sameChat = (id: string): string =>
  `(SELECT new.ROWID FROM chat AS new JOIN old.chat AS was ON was.guid = new.guid WHERE was.ROWID = ${id})`;
const sameMessage = (id: string): string =>
  `(SELECT new.ROWID FROM message AS new JOIN old.message AS was ON was.guid = new.guid WHERE was.ROWID = ${id})`;
const sameAttachment = (id: string): string =>
  `(SELECT new.ROWID FROM attachment AS new JOIN old.attachment AS was ON was.guid = new.guid
    WHERE was.ROWID = ${id})`;
const sameHandle = (id: string): string =>
  `(SELECT new.ROWID FROM handle AS new JOIN old.handle AS was ON was.id = new.id AND was.service = new.service
    WHERE was.ROWID = ${id})`;

interface Copy {
  table: string;
  /** Columns that hold a ROWID of another table. */
  references?: Record<string, (id: string) => string>;
  order: string;
}

const copies: readonly Copy[] = [
  { table: 'handle', order: 'ROWID' },
  { table: 'chat', order: 'ROWID' },
  {
    table: 'message',
    references: {
      handle_id: (id) => `COALESCE(${sameHandle(id)}, 0)`,
      other_handle: (id) => `COALESCE(${sameHandle(id)}, 0)`,
    },
    order: 'date, ROWID',
  },
  { table: 'attachment', order: 'ROWID' },
  { table: 'chat_handle_join', references: { chat_id: sameChat, handle_id: sameHandle }, order: 'rowid' },
  {
    table: 'chat_message_join',
    references: { chat_id: sameChat, message_id: sameMessage },
    order: 'message_date',
  },
  {
    table: 'message_attachment_join',
    references: { message_id: sameMessage, attachment_id: sameAttachment },
    order: 'rowid',
  },
  { table: 'chat_lookup', references: { chat: sameChat }, order: 'rowid' },
];

/** Copies all but the oldest messages of the file at `oldPath` into an empty database, under new ROWIDs. */
export function rebuildDatabase(db: Database.Database, oldPath: string, dropOldest: number): void {
  const columnsOf = (schema: string, table: string): string[] =>
    db
      .prepare<[string, string], { name: string }>('SELECT name FROM pragma_table_info(?, ?)')
      .all(table, schema)
      .map((column) => column.name)
      .filter((name) => name !== 'ROWID');
  db.prepare('ATTACH ? AS old').run(oldPath);
  const copy = db.transaction(() => {
    for (const { table, references = {}, order } of copies) {
      const before = columnsOf('old', table);
      const columns = columnsOf('main', table).filter((name) => before.includes(name));
      if (columns.length === 0) continue;
      const values = columns.map((name) => references[name]?.(`source.${name}`) ?? `source.${name}`);
      const skip = table === 'message' ? `LIMIT -1 OFFSET ${Math.max(0, Math.floor(dropOldest))}` : '';
      const needed = Object.keys(references).filter((name) => references[name] === sameMessage);
      const kept = needed.map((name) => `${sameMessage(`source.${name}`)} IS NOT NULL`);
      const where = kept.length > 0 ? `WHERE ${kept.join(' AND ')}` : '';
      db.exec(
        `INSERT INTO main.${table} (${columns.join(', ')}) SELECT ${values.join(', ')}
         FROM old.${table} AS source ${where} ORDER BY ${order
           .split(', ')
           .map((column) => `source.${column}`)
           .join(', ')} ${skip}`,
      );
    }
  });
  copy.immediate();
  db.exec('DETACH old');
}
