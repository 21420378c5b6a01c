import Database from 'better-sqlite3';
import { decodeAttributedBody } from '../../agent/messages-db/typedstream.ts';

export interface MessageRow {
  ROWID: number;
  guid: string;
  text: string;
  /** `associated_message_type` and `associated_message_guid`. */
  type: number;
  on: string | null;
  /** `thread_originator_guid`. */
  thread: string | null;
  effect: string | null;
  mine: number;
  read: number;
  error: number;
  /** Identifier of its chat; null until the row is joined. */
  chat: string | null;
  /** GUID of that chat. */
  chatGuid: string | null;
  /** Name of its first file. */
  file: string | null;
}

/** The newest 200 messages of a chat.db, oldest first. */
export function messageRows(messagesDb: string): MessageRow[] {
  const db = new Database(messagesDb, { readonly: true });
  try {
    const rows = db
      .prepare(
        `SELECT m.ROWID, m.guid, m.attributedBody AS body, m.associated_message_type AS type,
           m.associated_message_guid AS "on", m.thread_originator_guid AS thread,
           m.expressive_send_style_id AS effect, m.is_from_me AS mine, m.is_read AS read, m.error,
           c.chat_identifier AS chat, c.guid AS chatGuid,
           (SELECT a.transfer_name FROM message_attachment_join l JOIN attachment a ON a.ROWID = l.attachment_id
            WHERE l.message_id = m.ROWID ORDER BY a.ROWID LIMIT 1) AS file
         FROM message m LEFT JOIN chat_message_join j ON j.message_id = m.ROWID
         LEFT JOIN chat c ON c.ROWID = j.chat_id ORDER BY m.ROWID DESC LIMIT 200`,
      )
      .all() as Array<Omit<MessageRow, 'text'> & { body: Buffer | null }>;
    return rows
      .reverse()
      .map(({ body, ...row }) => ({ ...row, text: body ? decodeAttributedBody(body).text : '' }));
  } finally {
    db.close();
  }
}
