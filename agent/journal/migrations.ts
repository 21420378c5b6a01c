import type Database from 'better-sqlite3';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';

/** The journal's schema, step by step: step n brings a file from version n to n + 1. Steps are only ever added. */
const migrations: readonly string[] = [
  `CREATE TABLE meta (
     name TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE event (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     body TEXT NOT NULL
   ) STRICT;

   CREATE TABLE command (
     id TEXT PRIMARY KEY,
     seq INTEGER NOT NULL UNIQUE,
     body TEXT,
     conversation TEXT NOT NULL,
     state TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     act_id TEXT,
     high_water INTEGER,
     acted_at INTEGER,
     not_before INTEGER NOT NULL DEFAULT 0,
     expires_at INTEGER NOT NULL,
     guid TEXT UNIQUE,
     error TEXT,
     updated_at INTEGER NOT NULL,
     -- The newest command.state event about it.
     event_seq INTEGER
   ) STRICT;
   CREATE INDEX command_open ON command (conversation, seq)
     WHERE state IN ('queued', 'acting', 'confirming');
   CREATE INDEX command_state ON command (state, seq);
   CREATE INDEX command_unerased ON command (event_seq) WHERE body IS NOT NULL;

   CREATE TABLE kept_state (
     id INTEGER PRIMARY KEY,
     guid TEXT NOT NULL,
     state TEXT NOT NULL,
     service TEXT NOT NULL,
     error INTEGER,
     at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX kept_state_guid ON kept_state (guid, id);

   CREATE TABLE tail_entry (
     key TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,

  `DROP INDEX command_open;
   CREATE INDEX command_open ON command (conversation, seq)
     WHERE state IN ('queued', 'paced', 'acting', 'confirming');`,

  `-- A command may take several acts, one after the other.
   ALTER TABLE command ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
   -- What was known before the newest act, as JSON.
   ALTER TABLE command ADD COLUMN known TEXT;
   -- The rule that holds it, as JSON.
   ALTER TABLE command ADD COLUMN paced TEXT;
   ALTER TABLE command ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
   -- 0 is the most urgent. Never behind a later command of the same conversation, which waits for it.
   ALTER TABLE command ADD COLUMN priority INTEGER NOT NULL DEFAULT 2;
   ALTER TABLE command ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
   UPDATE command SET queued_at = updated_at;
   CREATE INDEX command_turn ON command (priority, seq) WHERE state IN ('queued', 'paced');

   -- Rows of chat.db that prove acts.
   CREATE TABLE proof (
     guid TEXT PRIMARY KEY,
     command_id TEXT NOT NULL,
     -- Which of its states are told: all, failed, none.
     tells TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX proof_command ON proof (command_id);
   INSERT INTO proof SELECT guid, id, 'all' FROM command WHERE guid IS NOT NULL;

   -- Every message that was begun to be sent, as pacing counts them.
   CREATE TABLE sent (
     id INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     command_id TEXT NOT NULL,
     part INTEGER NOT NULL,
     conversation TEXT NOT NULL,
     kind TEXT NOT NULL
   ) STRICT;
   CREATE INDEX sent_at ON sent (at);
   CREATE INDEX sent_conversation ON sent (conversation, at);
   CREATE INDEX sent_command ON sent (command_id);

   CREATE TABLE received (
     id INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     conversation TEXT NOT NULL
   ) STRICT;
   CREATE INDEX received_at ON received (at);

   ALTER TABLE kept_state ADD COLUMN downgraded INTEGER NOT NULL DEFAULT 0;

   -- With whom the line ever spoke.
   CREATE TABLE contact (
     conversation TEXT PRIMARY KEY,
     last_in_at INTEGER,
     last_out_at INTEGER
   ) STRICT, WITHOUT ROWID;`,

  `-- What became of messages to single handles, by which the health of the line is told.
   CREATE TABLE outcome (
     guid TEXT PRIMARY KEY,
     at INTEGER NOT NULL,
     delivered INTEGER NOT NULL DEFAULT 0,
     error INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX outcome_at ON outcome (at);`,
];

/** Brings a journal to the newest schema. Throws `journal_too_new` for a file of a later version. */
export function migrateJournal(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length)
    throw new AppError(`The journal is of schema ${version}, this agent knows ${migrations.length}`, {
      code: 'journal_too_new',
      ...agentErrors.journal_too_new,
    });
  migrations.slice(version).forEach((sql, step) => {
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version + step + 1}`);
    })();
  });
}
