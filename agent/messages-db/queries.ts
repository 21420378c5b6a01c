import type Database from 'better-sqlite3';
import { limitSql } from '../sql-limit.ts';
import { appleMillisecondsSql, toAppleNanoseconds } from './apple-time.ts';
import type { AttachmentRow } from './attachment-files.ts';
import type { PlainMessage, StoredMessage } from './message-row.ts';
import type { Schema } from './schema.ts';
import {
  attachmentColumns,
  fingerprintSql,
  isPlainSql,
  plainColumns,
  rareColumns,
  selectList,
} from './selects.ts';

/** What of a row can still change, folded into one string; `more` is 1 for rows with more than states of sending. */
export type Fingerprint = [rowid: number, fingerprint: string, more: number];

/** The statements on one open chat.db. */
export interface Queries {
  /** Rows above a ROWID, lowest first. */
  after(rowid: number, limit: number): StoredMessage[];
  byRowid(rowid: number): StoredMessage | undefined;
  byGuid(guid: string): StoredMessage | undefined;
  /** GUID of the row with this ROWID. */
  guidAt(rowid: number): string | undefined;
  /** GUIDs of the newest rows, oldest of them first. */
  newestGuids(limit: number): string[];
  /** Own rows above a ROWID, lowest first. */
  ownAfter(rowid: number, limit: number): StoredMessage[];
  /** Highest ROWID of `message` ever given out, deleted rows included. */
  highWater(): number;
  /** Newest date of a row that is not in the future, in milliseconds since the Unix epoch; null without rows. */
  newestDate(now: number): number | null;
  /** Rows above a ROWID that can change in place in a way that is told. */
  changeableAfter(rowid: number): Fingerprint[];
  /** The same for rows newer than a time in milliseconds since the Unix epoch. */
  changeableSince(time: number): Fingerprint[];
  /** The same for rows with these ROWIDs. */
  changeableIn(rowids: readonly number[]): Fingerprint[];
  attachments(rowid: number): AttachmentRow[];
  payload(rowid: number): Buffer | null;
  summary(rowid: number): Buffer | null;
  /** Rows with a lower ROWID dated within so many milliseconds of a row: of its direction and sender, or of the other direction. */
  alike(row: StoredMessage, within: number): StoredMessage[];
  /** Rows dated within so many milliseconds of a row, whoever they are from, itself among them. */
  around(row: StoredMessage, within: number): StoredMessage[];
  /** The chat of a row that is joined to none: the one it was deleted from (macOS 13), or names itself (macOS 26). */
  chatNamedBy(guid: string): { style: number | null; identifier: string | null } | undefined;
  /** Own addresses that inbound rows came to, most frequent first. */
  ownAddresses(): string[];
  /** Logins of accounts of the newest rows. */
  accounts(): string[];
}

/** Rows that are looked at to find own addresses. */
const OWN_ADDRESS_SAMPLE = 2000;
/** Rows alike, and rows of the same moment, that are compared with one. */
const ALIKE_LIMIT = 50;
const AROUND_LIMIT = 500;

/** Prepares the statements for the columns that this file has. */
export function prepareQueries(db: Database.Database, schema: Schema): Queries {
  const select = selectMessages({ ...plainColumns(schema), ...rareColumns(schema) });
  const plain = selectMessages({ ...plainColumns(schema), isPlain: isPlainSql(schema) });
  const rows = <P extends unknown[]>(where: string) => db.prepare<P, StoredMessage>(`${select} ${where}`);
  const pluck = <P extends unknown[], T>(sql: string) => db.prepare<P, T>(sql).pluck();
  const after = db.prepare<[number, number], PlainMessage & { isPlain: number }>(
    `${plain} WHERE m.ROWID > ? ORDER BY m.ROWID ${limitSql('?')}`,
  );
  const ownAfter = rows<[number, number]>(
    `WHERE m.ROWID > ? AND m.is_from_me = 1 ORDER BY m.ROWID ${limitSql('?')}`,
  );
  const byRowid = rows<[number]>('WHERE m.ROWID = ?');
  const byGuid = rows<[string]>('WHERE m.guid = ?');
  const alike = rows<[bigint, bigint, number, number, string | null, number]>(
    `WHERE m.date BETWEEN ? AND ? AND m.ROWID < ? AND (m.is_from_me <> ? OR h.id IS ?) ${limitSql('?')}`,
  );
  const around = rows<[bigint, bigint, number]>(
    `WHERE m.date BETWEEN ? AND ? ORDER BY m.ROWID ${limitSql('?')}`,
  );
  const guidAt = pluck<[number], string>('SELECT guid FROM message WHERE ROWID = ?');
  const newestGuids = pluck<[number], string>(
    `SELECT guid FROM message ORDER BY ROWID DESC ${limitSql('?')}`,
  );
  const highWater = pluck<[], number>(
    `SELECT max((SELECT coalesce(max(ROWID), 0) FROM message),
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message'), 0))`,
  );
  const newestDate = pluck<[bigint], number>(
    `SELECT ${appleMillisecondsSql('max(date)')} FROM message WHERE date <= ?`,
  );
  return {
    after: (rowid, limit) =>
      after.all(rowid, limit).flatMap((row) => (row.isPlain === 1 ? row : (byRowid.get(row.rowid) ?? []))),
    ownAfter: (rowid, limit) => ownAfter.all(rowid, limit),
    byRowid: (rowid) => byRowid.get(rowid),
    byGuid: (guid) => byGuid.get(guid),
    guidAt: (rowid) => guidAt.get(rowid),
    newestGuids: (limit) => newestGuids.all(limit).reverse(),
    highWater: () => highWater.get() ?? 0,
    newestDate: (now) => fromStamp(newestDate.get(toAppleNanoseconds(now))),
    ...prepareChangeable(db, schema),
    ...prepareParts(db, schema),
    alike: (row, within) => alike.all(...moment(row, within), row.rowid, row.fromMe, row.sender, ALIKE_LIMIT),
    around: (row, within) => around.all(...moment(row, within), AROUND_LIMIT),
    ...prepareAddresses(db, schema),
  };
}

/** First and last stamp, in nanoseconds since 2001, within so many milliseconds of the date of a row. */
const moment = ({ date }: StoredMessage, within: number): [bigint, bigint] => {
  const stamp = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
  return [stamp((date ?? 0) - within), stamp((date ?? 0) + within + 1) - 1n];
};

const fromStamp = (ms: number | null | undefined): number | null => (ms ? ms + 978_307_200_000 : null);

const selectMessages = (columns: Record<string, string>): string =>
  `SELECT ${selectList(columns)} FROM message m
    LEFT JOIN handle h ON h.ROWID = m.handle_id
    LEFT JOIN chat c ON c.ROWID =
      (SELECT chat_id FROM chat_message_join WHERE message_id = m.ROWID ORDER BY chat_id LIMIT 1)`;

function prepareChangeable(
  db: Database.Database,
  schema: Schema,
): Pick<Queries, 'changeableAfter' | 'changeableSince' | 'changeableIn'> {
  const { fingerprint, changeable, more } = fingerprintSql(schema);
  const select = `SELECT m.ROWID, ${fingerprint}, ${more} FROM message m`;
  const after = db.prepare<[number], Fingerprint>(`${select} WHERE m.ROWID > ? AND ${changeable}`).raw();
  const since = db.prepare<[bigint], Fingerprint>(`${select} WHERE m.date > ? AND ${changeable}`).raw();
  const among = db
    .prepare<[string], Fingerprint>(`${select} WHERE m.ROWID IN (SELECT value FROM json_each(?))`)
    .raw();
  return {
    changeableAfter: (rowid) => after.all(rowid),
    changeableSince: (time) => since.all(toAppleNanoseconds(time)),
    changeableIn: (rowids) => (rowids.length === 0 ? [] : among.all(JSON.stringify(rowids))),
  };
}

/** A column of bytes holds whatever was written to it. */
const bytes = (value: unknown): Buffer | null => (Buffer.isBuffer(value) ? value : null);

type Parts = Pick<Queries, 'attachments' | 'payload' | 'summary' | 'chatNamedBy'>;

function prepareParts(db: Database.Database, schema: Schema): Parts {
  const attachments = schema.has('message_attachment_join')
    ? db.prepare<[number], AttachmentRow>(
        `SELECT ${selectList(attachmentColumns(schema))} FROM message_attachment_join x
         JOIN attachment a ON a.ROWID = x.attachment_id WHERE x.message_id = ? ORDER BY a.ROWID`,
      )
    : undefined;
  const blob = (column: string) =>
    db
      .prepare<[number], Buffer | null>(
        `SELECT ${schema.column('m', column)} FROM message m WHERE m.ROWID = ?`,
      )
      .pluck();
  const [payload, summary] = [blob('payload_data'), blob('message_summary_info')];
  const named = (has: boolean, sql: string) =>
    has
      ? db.prepare<[string], { style: number | null; identifier: string | null }>(
          `SELECT c.style AS style, c.chat_identifier AS identifier FROM message m ${sql} WHERE m.guid = ? LIMIT 1`,
        )
      : undefined;
  const deletedFrom = named(
    schema.has('chat_recoverable_message_join', 'message_id'),
    'JOIN chat_recoverable_message_join r ON r.message_id = m.ROWID JOIN chat c ON c.ROWID = r.chat_id',
  );
  const namedBy = named(schema.has('message', 'ck_chat_id'), 'JOIN chat c ON c.guid = m.ck_chat_id');
  return {
    attachments: (rowid) => attachments?.all(rowid) ?? [],
    payload: (rowid) => bytes(payload.get(rowid)),
    summary: (rowid) => bytes(summary.get(rowid)),
    chatNamedBy: (guid) => deletedFrom?.get(guid) ?? namedBy?.get(guid),
  };
}

function prepareAddresses(db: Database.Database, schema: Schema): Pick<Queries, 'ownAddresses' | 'accounts'> {
  const sampled = (column: string, more: string) => {
    if (!schema.has('message', column)) return () => [];
    const found = db
      .prepare<[number], string>(
        `SELECT value FROM (
           SELECT m.${column} AS value, m.is_from_me AS mine, h.id AS sender
           FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id ORDER BY m.ROWID DESC ${limitSql('?')})
         WHERE value <> '' ${more} GROUP BY value ORDER BY count(*) DESC`,
      )
      .pluck();
    return () => found.all(OWN_ADDRESS_SAMPLE);
  };
  const to = sampled('destination_caller_id', 'AND mine = 0');
  // Real rows of both directions name the own address there; a project of the field takes it for the peer's of own ones.
  const either = sampled('destination_caller_id', 'AND value IS NOT sender');
  return {
    ownAddresses: () => [...new Set([...to(), ...either()])],
    accounts: sampled('account', ''),
  };
}
