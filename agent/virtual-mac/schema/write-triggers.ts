import type { TriggerFact } from './facts.ts';

/** Sets `message.cache_roomnames` from the chats of the message that `id` (SQL) names. */
export const refreshRoomNames = (id: string): string => `
  UPDATE message SET cache_roomnames = (
    SELECT group_concat(chat.room_name) FROM chat_message_join AS link
    INNER JOIN chat ON chat.ROWID = link.chat_id WHERE link.message_id = ${id}
  ) WHERE message.ROWID = ${id}`;

const countOf = (row: 'NEW' | 'OLD', state: 0 | 1 | 3): string =>
  `CASE WHEN ${row}.index_state = ${state} THEN 1 ELSE 0 END`;

const counters = [
  ['pending_count', 0],
  ['donated_count', 1],
  ['redonation_count', 3],
] as const;

const countStates = (change: (state: 0 | 1 | 3) => string): string =>
  `UPDATE index_state_metrics SET ${counters
    .map(([column, state]) => `${column} = ${column} ${change(state)}`)
    .join(', ')} WHERE id = 1`;

/**
 * Triggers of inserts and updates. None is on an insert into `message`: a row is written, then touched again as its
 * joins come. Those of chats call functions that only Messages registers.
 */
export const writeTriggers: readonly TriggerFact[] = [
  {
    name: 'after_insert_on_chat_message_join',
    event: 'AFTER INSERT ON chat_message_join',
    body: [refreshRoomNames('NEW.message_id')],
  },
  {
    name: 'chat_service_on_insert_chat_message_join',
    event: 'AFTER INSERT ON chat_message_join',
    body: [
      `INSERT INTO chat_service (service, chat)
       SELECT message.service, NEW.chat_id FROM message WHERE message.ROWID = NEW.message_id
       ON CONFLICT (service, chat) DO NOTHING`,
    ],
    since: '26',
  },
  {
    name: 'after_insert_on_message_attachment_join',
    event: 'AFTER INSERT ON message_attachment_join',
    body: ['UPDATE message SET cache_has_attachments = 1 WHERE message.ROWID = NEW.message_id'],
  },
  {
    name: 'update_message_date_after_update_on_message',
    event: 'AFTER UPDATE OF date ON message',
    body: [
      `UPDATE chat_message_join SET message_date = NEW.date
       WHERE message_id = NEW.ROWID AND message_date != NEW.date`,
    ],
  },
  {
    name: 'update_last_failed_message_date',
    event: 'AFTER UPDATE OF error ON message',
    when: `NEW.error != 0 AND NEW.date >
           COALESCE((SELECT value FROM kvtable WHERE key = 'lastFailedMessageDate'), 0)`,
    body: [
      `INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageDate', NEW.date)`,
      `INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageRowID', NEW.ROWID)`,
    ],
  },
  {
    name: 'verify_chat_insert',
    event: 'BEFORE INSERT ON chat',
    body: ['SELECT verify_chat(NEW.guid)'],
    since: '26',
  },
  {
    name: 'verify_chat_update',
    event: 'BEFORE UPDATE OF guid ON chat',
    body: ['SELECT verify_chat(NEW.guid)'],
    since: '26',
  },
  {
    name: 'index_metrics_insert_propagation',
    event: 'AFTER INSERT ON chat_message_join',
    when: 'NEW.index_state != 2',
    body: [countStates((state) => `+ ${countOf('NEW', state)}`)],
    since: '26',
  },
  {
    name: 'index_metrics_update_propagation',
    event: 'AFTER UPDATE OF index_state ON chat_message_join',
    body: [countStates((state) => `+ ${countOf('NEW', state)} - ${countOf('OLD', state)}`)],
    since: '26',
  },
  {
    name: 'index_metrics_delete_propagation',
    event: 'AFTER DELETE ON chat_message_join',
    when: 'OLD.index_state != 2',
    body: [countStates((state) => `- ${countOf('OLD', state)}`)],
    since: '26',
  },
  {
    name: 'message_index_state_propagation',
    event: 'AFTER UPDATE OF index_state ON message',
    body: ['UPDATE chat_message_join SET index_state = NEW.index_state WHERE message_id = NEW.ROWID'],
    since: '26',
  },
  {
    name: 'message_index_state_clear',
    event: 'AFTER DELETE ON chat_message_join',
    when: 'OLD.index_state = 1 OR OLD.index_state = 3',
    body: ['UPDATE message SET index_state = 0 WHERE message.ROWID = OLD.message_id'],
    since: '26',
  },
];
