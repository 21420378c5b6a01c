import type { TableFact } from './facts.ts';

/** Files of messages; `created_date` and `start_date` are seconds since 2001, unlike all other times. */
export const attachmentTables: readonly TableFact[] = [
  {
    name: 'attachment',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT'],
      ['guid', 'TEXT UNIQUE NOT NULL'],
      ['created_date', 'INTEGER DEFAULT 0'],
      ['start_date', 'INTEGER DEFAULT 0'],
      ['filename', 'TEXT'],
      ['uti', 'TEXT'],
      ['mime_type', 'TEXT'],
      ['transfer_state', 'INTEGER DEFAULT 0'],
      ['is_outgoing', 'INTEGER DEFAULT 0'],
      ['user_info', 'BLOB'],
      ['transfer_name', 'TEXT'],
      ['total_bytes', 'INTEGER DEFAULT 0'],
      ['is_sticker', 'INTEGER DEFAULT 0'],
      ['sticker_user_info', 'BLOB'],
      ['attribution_info', 'BLOB'],
      ['hide_attachment', 'INTEGER DEFAULT 0'],
      ['ck_sync_state', 'INTEGER DEFAULT 0'],
      ['ck_server_change_token_blob', 'BLOB'],
      ['ck_record_id', 'TEXT'],
      ['original_guid', 'TEXT UNIQUE NOT NULL'],
      ['is_commsafety_sensitive', 'INTEGER DEFAULT 0'],
      ['emoji_image_content_identifier', 'TEXT DEFAULT NULL', '15', '15'],
      ['emoji_image_content_identifier', 'TEXT', '26'],
      ['emoji_image_short_description', 'TEXT DEFAULT NULL', '15', '15'],
      ['emoji_image_short_description', 'TEXT', '26'],
      ['preview_generation_state', 'INTEGER DEFAULT 0', '15'],
      ['preflight_info', 'BLOB DEFAULT NULL', '27'],
      ['sensitivity_analysis', 'INTEGER DEFAULT 0', '27'],
    ],
  },
  {
    name: 'message_attachment_join',
    columns: [
      ['message_id', 'INTEGER REFERENCES message (ROWID) ON DELETE CASCADE'],
      ['attachment_id', 'INTEGER REFERENCES attachment (ROWID) ON DELETE CASCADE'],
    ],
    constraints: ['UNIQUE(message_id, attachment_id)'],
  },
];
