import type Database from 'better-sqlite3';
import { limitSql } from '../sql-limit.ts';
import { appleMillisecondsSql } from './apple-time.ts';
import type { AttachmentRow } from './attachment-files.ts';
import type { Schema } from './schema.ts';
import { attachmentColumns, selectList } from './selects.ts';
import type { ChatRef } from './types.ts';

/** Newest messages that are looked at for one with a text. */
const NEWEST = 30;
/** IMChatStyle of a group, '+', and of a direct chat, '-'. */
const STYLES = { group: 43, direct: 45 } as const;
const APPLE_EPOCH_MS = 978_307_200_000;

/** When a conversation was last used: milliseconds since the Unix epoch, null for never. */
export interface Traffic {
  lastInAt: number | null;
  lastOutAt: number | null;
}

/** Statements about conversations, beside those of the tail. */
export interface EvidenceQueries {
  chat(conversation: ChatRef): { guid: string; service: string } | undefined;
  members(identifier: string): string[];
  /** GUIDs of a conversation, newest first. */
  newest(conversation: ChatRef): string[];
  /** `associated_message_type` of the own tapbacks on a part, oldest first. */
  ownTapbacks(guid: string, part: number): number[];
  unread(conversation: ChatRef, upTo: number): number;
  /** The attachment with a GUID. */
  attachment(guid: string): AttachmentRow | undefined;
  traffic(conversation: ChatRef): Traffic;
}

const IN_CONVERSATION = `m.ROWID IN (SELECT j.message_id FROM chat_message_join j JOIN chat c ON c.ROWID = j.chat_id
  WHERE lower(c.chat_identifier) = ? AND c.style = ?)`;

/** Prepares the statements for the columns that this file has. */
export function prepareEvidence(db: Database.Database, schema: Schema): EvidenceQueries {
  const pluck = <P extends unknown[], T>(sql: string) => db.prepare<P, T>(sql).pluck();
  const service = schema.has('chat', 'service_name') ? "coalesce(c.service_name, '')" : "''";
  const chat = db.prepare<[string, number], { guid: string; service: string }>(
    `SELECT c.guid AS guid, ${service} AS service FROM chat c
     WHERE lower(c.chat_identifier) = ? AND c.style = ?
     ORDER BY (SELECT max(message_id) FROM chat_message_join WHERE chat_id = c.ROWID) DESC, c.ROWID DESC LIMIT 1`,
  );
  const members = pluck<[string], string>(
    `SELECT DISTINCT h.id FROM chat c JOIN chat_handle_join j ON j.chat_id = c.ROWID
     JOIN handle h ON h.ROWID = j.handle_id WHERE lower(c.chat_identifier) = lower(?) AND c.style = 43`,
  );
  const newest = pluck<[string, number, number], string>(
    `SELECT m.guid FROM message m WHERE ${IN_CONVERSATION} ORDER BY m.date DESC, m.ROWID DESC ${limitSql('?')}`,
  );
  const tapbacks = schema.has('message', 'associated_message_guid')
    ? pluck<[string, string, string], number>(
        `SELECT associated_message_type FROM message
         WHERE associated_message_guid IN (?, ?, ?) AND is_from_me = 1
           AND associated_message_type BETWEEN 2000 AND 3999 ORDER BY ROWID`,
      )
    : undefined;
  const unread = pluck<[string, number, number], number>(
    `SELECT count(*) FROM message m WHERE ${IN_CONVERSATION}
       AND m.is_from_me = 0 AND m.is_read = 0 AND m.ROWID <= ?
       AND coalesce(${schema.column('m', 'item_type')}, 0) = 0`,
  );
  const attachment = schema.has('attachment')
    ? db.prepare<[string], AttachmentRow>(
        `SELECT ${selectList(attachmentColumns(schema))} FROM attachment a WHERE a.guid = ?`,
      )
    : undefined;
  const traffic = db.prepare<[string, number], { lastIn: number | null; lastOut: number | null }>(
    `SELECT max(CASE WHEN m.is_from_me = 0 THEN ${appleMillisecondsSql('m.date')} END) AS lastIn,
       max(CASE WHEN m.is_from_me = 1 THEN ${appleMillisecondsSql('m.date')} END) AS lastOut
     FROM message m WHERE ${IN_CONVERSATION}`,
  );
  const key = ({ kind, identifier }: ChatRef): [string, number] => [identifier.toLowerCase(), STYLES[kind]];
  return {
    chat: (conversation) => chat.get(...key(conversation)),
    members: (identifier) => members.all(identifier),
    newest: (conversation) => newest.all(...key(conversation), NEWEST),
    ownTapbacks(guid, part) {
      const named = `p:${part}/${guid}`;
      return tapbacks?.all(named, part === 0 ? `bp:${guid}` : named, part === 0 ? guid : named) ?? [];
    },
    attachment: (guid) => attachment?.get(guid),
    unread: (conversation, upTo) => unread.get(...key(conversation), upTo) ?? 0,
    traffic(conversation) {
      const found = traffic.get(...key(conversation));
      return { lastInAt: fromStamp(found?.lastIn), lastOutAt: fromStamp(found?.lastOut) };
    },
  };
}

const fromStamp = (ms: number | null | undefined): number | null => (ms ? ms + APPLE_EPOCH_MS : null);
