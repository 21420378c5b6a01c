import type Database from 'better-sqlite3';
import { appleMillisecondsSql } from './apple-time.ts';
import type { StoredMessage } from './message-row.ts';
import type { Schema } from './schema.ts';

/** The statements on one open chat.db. */
export interface Queries {
  /** Rows above a ROWID, lowest first. */
  after(rowid: number, limit: number): StoredMessage[];
  byRowid(rowid: number): StoredMessage | undefined;
  byGuid(guid: string): StoredMessage | undefined;
  /** GUID of the row with this ROWID. */
  guidAt(rowid: number): string | undefined;
  /** Own rows above a ROWID, lowest first. */
  ownAfter(rowid: number, limit: number): StoredMessage[];
  /** Highest ROWID of `message` ever given out, deleted rows included. */
  highWater(): number;
  /** Another number after each commit of another connection. */
  dataVersion(): number;
  /** Own addresses of the newest rows, most frequent first. */
  ownAddresses(): string[];
}

/** Rows that are looked at to find the own address. */
const OWN_ADDRESS_SAMPLE = 1000;

/** Prepares the statements for the columns that this file has. */
export function prepareQueries(db: Database.Database, schema: Schema): Queries {
  const select = selectMessages(schema);
  const after = db.prepare<[number, number], StoredMessage>(
    `${select} WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`,
  );
  const ownAfter = db.prepare<[number, number], StoredMessage>(
    `${select} WHERE m.ROWID > ? AND m.is_from_me = 1 ORDER BY m.ROWID LIMIT ?`,
  );
  const byRowid = db.prepare<[number], StoredMessage>(`${select} WHERE m.ROWID = ?`);
  const byGuid = db.prepare<[string], StoredMessage>(`${select} WHERE m.guid = ?`);
  const guidAt = db.prepare<[number], string>('SELECT guid FROM message WHERE ROWID = ?').pluck();
  const highWater = db
    .prepare<[], number>(
      `SELECT max((SELECT coalesce(max(ROWID), 0) FROM message),
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message'), 0))`,
    )
    .pluck();
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  return {
    after: (rowid, limit) => after.all(rowid, limit),
    ownAfter: (rowid, limit) => ownAfter.all(rowid, limit),
    byRowid: (rowid) => byRowid.get(rowid),
    byGuid: (guid) => byGuid.get(guid),
    guidAt: (rowid) => guidAt.get(rowid),
    highWater: () => highWater.get() ?? 0,
    dataVersion: () => dataVersion.get() ?? 0,
    ownAddresses: ownAddresses(db, schema),
  };
}

function selectMessages(schema: Schema): string {
  const message = (column: string): string => (schema.has('message', column) ? `m.${column}` : 'NULL');
  const chat = (column: string): string => (schema.has('chat', column) ? `c.${column}` : 'NULL');
  const time = (column: string): string =>
    schema.has('message', column) ? appleMillisecondsSql(`m.${column}`) : 'NULL';
  const columns: Record<keyof StoredMessage, string> = {
    rowid: 'm.ROWID',
    guid: 'm.guid',
    text: 'm.text',
    body: message('attributedBody'),
    service: message('service'),
    fromMe: 'm.is_from_me',
    date: time('date'),
    dateRead: time('date_read'),
    dateDelivered: time('date_delivered'),
    sent: message('is_sent'),
    delivered: message('is_delivered'),
    read: message('is_read'),
    error: message('error'),
    itemType: message('item_type'),
    associatedType: message('associated_message_type'),
    scheduleType: message('schedule_type'),
    scheduleState: message('schedule_state'),
    caller: message('destination_caller_id'),
    account: message('account'),
    sender: 'h.id',
    chatStyle: chat('style'),
    chatIdentifier: chat('chat_identifier'),
    lastAddressed: chat('last_addressed_handle'),
  };
  const list = Object.entries(columns).map(([name, sql]) => `${sql} AS "${name}"`);
  return `SELECT ${list.join(', ')} FROM message m
    LEFT JOIN handle h ON h.ROWID = m.handle_id
    LEFT JOIN chat c ON c.ROWID =
      (SELECT chat_id FROM chat_message_join WHERE message_id = m.ROWID ORDER BY chat_id LIMIT 1)`;
}

function ownAddresses(db: Database.Database, schema: Schema): () => string[] {
  if (!schema.has('message', 'destination_caller_id')) return () => [];
  const addresses = db
    .prepare<[number], string>(
      `SELECT address FROM (
         SELECT destination_caller_id AS address FROM message ORDER BY ROWID DESC LIMIT ?)
       WHERE address <> '' GROUP BY address ORDER BY count(*) DESC`,
    )
    .pluck();
  return () => addresses.all(OWN_ADDRESS_SAMPLE);
}
