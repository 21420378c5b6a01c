import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { registerAppFunctions } from '../../agent/virtual-mac/messages-store/app-functions.ts';

const SCHEMA = `
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, replace INTEGER DEFAULT 0,
  handle_id INTEGER DEFAULT 0, subject TEXT, attributedBody BLOB, service TEXT, account TEXT, error INTEGER DEFAULT 0,
  date INTEGER, date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0, is_finished INTEGER DEFAULT 0,
  is_from_me INTEGER DEFAULT 0, is_empty INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
  was_downgraded INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0, cache_roomnames TEXT,
  is_audio_message INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0, other_handle INTEGER DEFAULT 0, group_title TEXT,
  group_action_type INTEGER DEFAULT 0, associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0,
  balloon_bundle_id TEXT, payload_data BLOB, expressive_send_style_id TEXT, message_summary_info BLOB,
  destination_caller_id TEXT, reply_to_guid TEXT, is_spam INTEGER DEFAULT 0, thread_originator_guid TEXT,
  thread_originator_part TEXT, date_retracted INTEGER, date_edited INTEGER, part_count INTEGER,
  associated_message_emoji TEXT, schedule_type INTEGER DEFAULT 0, schedule_state INTEGER DEFAULT 0, ck_chat_id TEXT,
  index_state INTEGER DEFAULT 0);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, state INTEGER,
  account_id TEXT, properties BLOB, chat_identifier TEXT, service_name TEXT, room_name TEXT, account_login TEXT,
  last_addressed_handle TEXT, display_name TEXT, group_id TEXT, is_filtered INTEGER DEFAULT 0,
  is_blackholed INTEGER DEFAULT 0);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
  service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT, UNIQUE (id, service));
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0,
  index_state INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chat_id, message_id));
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE(chat_id, handle_id));
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, created_date INTEGER DEFAULT 0,
  filename TEXT, uti TEXT, mime_type TEXT, transfer_state INTEGER DEFAULT 0, is_outgoing INTEGER DEFAULT 0,
  transfer_name TEXT, total_bytes INTEGER DEFAULT 0, is_sticker INTEGER DEFAULT 0, hide_attachment INTEGER DEFAULT 0,
  original_guid TEXT, emoji_image_short_description TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, UNIQUE(message_id, attachment_id));
CREATE INDEX chat_message_join_idx_message_id_only ON chat_message_join(message_id);
CREATE INDEX message_idx_date ON message(date);
`;

const appleNanoseconds = (ms: number): bigint => BigInt(Math.round(ms) - 978_307_200_000) * 1_000_000n;

export type Columns = Record<string, string | number | bigint | Buffer | null>;

export interface WriterMessage {
  guid?: string;
  text?: string | null;
  from?: string;
  fromMe?: boolean;
  at?: number;
  service?: string;
  /** Any column of `message`, over what the other fields say. */
  columns?: Columns;
}

/** Writes a chat.db in the form of macOS 26 as Messages does: the row first, its joins later, text in attributedBody only. */
export class ChatDbWriter {
  readonly path: string;
  readonly db: Database.Database;

  /** `schema` is SQL for all tables, of macOS 26 as far as the tail reads it unless told. */
  constructor(databasePath: string, schema = SCHEMA) {
    mkdirSync(path.dirname(databasePath), { recursive: true });
    this.path = databasePath;
    this.db = new Database(databasePath);
    this.db.pragma('journal_mode = WAL');
    if (this.db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'message'").get()) return;
    registerAppFunctions(this.db);
    this.db.exec(schema);
  }

  handle(id: string, service = 'iMessage'): number {
    this.db.prepare('INSERT OR IGNORE INTO handle (id, service) VALUES (?, ?)').run(id, service);
    return this.db
      .prepare<[string, string], number>('SELECT ROWID FROM handle WHERE id = ? AND service = ?')
      .pluck()
      .get(id, service) as number;
  }

  /** Inserts the row alone; returns its GUID. */
  message(message: WriterMessage): string {
    const guid = message.guid ?? String(message.columns?.guid ?? randomUUID().toUpperCase());
    const text = message.text === undefined ? 'hi' : message.text;
    const columns: Columns = {
      guid,
      text: null,
      attributedBody: text === null ? null : encodeAttributedBody({ text }),
      service: message.service ?? 'iMessage',
      handle_id: message.from ? this.handle(message.from, message.service) : 0,
      is_from_me: message.fromMe ? 1 : 0,
      date: appleNanoseconds(message.at ?? Date.now()),
      destination_caller_id: '+14155550100',
      account: 'E:me@example.com',
      ...message.columns,
    };
    this.insert('message', columns);
    return guid;
  }

  insert(table: string, columns: Columns): number {
    const names = Object.keys(columns);
    const { lastInsertRowid } = this.db
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(columns));
    return Number(lastInsertRowid);
  }

  rowid(guid: string): number {
    return this.db
      .prepare<[string], number>('SELECT ROWID FROM message WHERE guid = ?')
      .pluck()
      .get(guid) as number;
  }

  /** Finds or makes a chat: direct with a handle, or a group by an identifier that begins with `chat`. */
  chat(identifier: string): number {
    const group = identifier.startsWith('chat');
    const known = this.db
      .prepare<[string], number>('SELECT ROWID FROM chat WHERE chat_identifier = ?')
      .pluck()
      .get(identifier);
    if (known !== undefined) return known;
    return this.insert('chat', {
      guid: `any;${group ? '+' : '-'};${identifier}`,
      style: group ? 43 : 45,
      chat_identifier: identifier,
      service_name: 'iMessage',
      room_name: group ? identifier : null,
    });
  }

  join(guid: string, identifier: string): void {
    this.insert('chat_message_join', { chat_id: this.chat(identifier), message_id: this.rowid(guid) });
  }

  update(guid: string, columns: Columns): void {
    const names = Object.keys(columns);
    this.db
      .prepare(`UPDATE message SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE guid = ?`)
      .run(...Object.values(columns), guid);
  }

  /** A whole message from somebody in one transaction. */
  receive(from: string, text: string, chat = from, more: WriterMessage = {}): string {
    return this.db.transaction(() => {
      const guid = this.message({ from, text, ...more });
      this.join(guid, chat);
      return guid;
    })();
  }

  /** A whole own message, not yet sent, in one transaction. */
  send(to: string, text: string, more: WriterMessage = {}): string {
    return this.db.transaction(() => {
      const guid = this.message({ from: to, text, fromMe: true, ...more });
      this.join(guid, to);
      return guid;
    })();
  }

  sent(guid: string): void {
    this.update(guid, { is_sent: 1 });
  }

  delivered(guid: string, at = Date.now()): void {
    this.update(guid, { is_delivered: 1, date_delivered: appleNanoseconds(at) });
  }

  read(guid: string, at = Date.now()): void {
    this.update(guid, { is_read: 1, date_read: appleNanoseconds(at) });
  }

  failed(guid: string, error = 22): void {
    this.update(guid, { error });
  }

  close(): void {
    this.db.close();
  }
}
