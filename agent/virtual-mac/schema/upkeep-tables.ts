import type { TableFact } from './facts.ts';

/** What Messages keeps for itself: properties, deletions told to iCloud, tasks, counters of the search index. */
export const upkeepTables: readonly TableFact[] = [
  {
    name: '_SqliteDatabaseProperties',
    columns: [
      ['key', 'TEXT'],
      ['value', 'TEXT'],
    ],
    constraints: ['UNIQUE(key)'],
  },
  {
    name: 'kvtable',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['key', 'TEXT UNIQUE NOT NULL'],
      ['value', 'BLOB NOT NULL'],
    ],
  },
  {
    name: 'deleted_messages',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
    ],
  },
  {
    name: 'sync_deleted_messages',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
      ['recordID', 'TEXT'],
    ],
  },
  {
    name: 'sync_deleted_chats',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
      ['recordID', 'TEXT'],
      ['timestamp', 'INTEGER'],
    ],
  },
  {
    name: 'sync_deleted_attachments',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
      ['recordID', 'TEXT'],
    ],
  },
  {
    name: 'message_processing_task',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL', '12', '15'],
      ['guid', 'TEXT UNIQUE NOT NULL', '26'],
      ['task_flags', 'INTEGER NOT NULL'],
      ['reasons', 'INTEGER NOT NULL', '26'],
    ],
  },
  {
    name: 'unsynced_removed_recoverable_messages',
    since: '13',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['chat_guid', 'TEXT NOT NULL'],
      ['message_guid', 'TEXT NOT NULL'],
      ['part_index', 'INTEGER'],
    ],
  },
  {
    name: 'recoverable_message_part',
    since: '13',
    columns: [
      ['chat_id', 'INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE'],
      ['message_id', 'INTEGER REFERENCES message (ROWID) ON DELETE CASCADE'],
      ['part_index', 'INTEGER'],
      ['delete_date', 'INTEGER'],
      ['part_text', 'BLOB NOT NULL'],
      ['ck_sync_state', 'INTEGER DEFAULT 0'],
    ],
    constraints: ['PRIMARY KEY (chat_id, message_id, part_index)', 'CHECK (delete_date != 0)'],
  },
  {
    name: 'scheduled_messages_pending_cloudkit_delete',
    since: '15',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
      ['recordID', 'TEXT'],
    ],
  },
  {
    name: 'sync_chat_slice',
    since: '26',
    columns: [
      ['service_name', 'TEXT NOT NULL'],
      ['ck_record_id', 'TEXT'],
      ['chat', 'INTEGER NOT NULL REFERENCES chat(ROWID) ON UPDATE CASCADE ON DELETE CASCADE'],
    ],
    constraints: ['UNIQUE (chat, service_name)', 'UNIQUE (ck_record_id)'],
  },
  {
    name: 'persistent_tasks',
    since: '26',
    columns: [
      ['ROWID', 'INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE'],
      ['guid', 'TEXT NOT NULL'],
      ['flag_group', 'INTEGER NOT NULL'],
      ['flag', 'INTEGER NOT NULL'],
      ['flag_priority', 'INTEGER NOT NULL'],
      ['lane', 'INTEGER NOT NULL'],
      ['reason', 'INTEGER NOT NULL'],
      ['reason_priority', 'INTEGER NOT NULL'],
      ['user_info', 'BLOB'],
      ['retry_count', 'INTEGER DEFAULT 0'],
    ],
    constraints: ['UNIQUE(guid, flag)'],
  },
  {
    name: 'index_state_metrics',
    since: '26',
    columns: [
      ['id', 'INTEGER UNIQUE DEFAULT 1'],
      ['pending_count', 'INTEGER DEFAULT 0'],
      ['donated_count', 'INTEGER DEFAULT 0'],
      ['redonation_count', 'INTEGER DEFAULT 0'],
    ],
    constraints: ['UNIQUE (id)'],
  },
];
