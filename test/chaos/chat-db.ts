import Database from 'better-sqlite3';
import { textOfAttributedBody } from '../../agent/messages-db/typedstream.ts';

/** What stands in chat.db of one message. */
export interface MacRow {
  text: string;
  own: boolean;
  /** How far the row says that it came; rows of others are `received`. */
  state: 'written' | 'sent' | 'delivered' | 'read' | 'failed' | 'received';
  /** Whether it is in a chat. */
  joined: boolean;
}

interface RawRow {
  is_from_me: number;
  is_sent: number;
  is_delivered: number;
  date_read: number | null;
  error: number;
  text: string | null;
  attributedBody: Buffer | null;
  joined: number;
}

/** What the people of a virtual Mac got and wrote: every message of its chat.db, in the order of its rows. */
export function readRows(messagesDb: string): MacRow[] {
  const db = new Database(messagesDb, { readonly: true, timeout: 5_000 });
  try {
    return db
      .prepare<[], RawRow>(
        `SELECT is_from_me, is_sent, is_delivered, date_read, error, text, attributedBody,
           EXISTS (SELECT 1 FROM chat_message_join WHERE message_id = message.ROWID) AS joined
         FROM message ORDER BY ROWID`,
      )
      .all()
      .map((row) => ({
        text: (row.attributedBody && textOfAttributedBody(row.attributedBody)) ?? row.text ?? '',
        own: row.is_from_me === 1,
        state: stateOf(row),
        joined: row.joined === 1,
      }));
  } finally {
    db.close();
  }
}

function stateOf(row: RawRow): MacRow['state'] {
  if (row.is_from_me !== 1) return 'received';
  if (row.error !== 0) return 'failed';
  if (row.date_read) return 'read';
  if (row.is_delivered === 1) return 'delivered';
  return row.is_sent === 1 ? 'sent' : 'written';
}
