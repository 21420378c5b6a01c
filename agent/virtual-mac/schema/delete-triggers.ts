import type { TriggerFact } from './facts.ts';
import { refreshRoomNames } from './write-triggers.ts';

const joined = (table: string): string =>
  `OLD.message_id IN (SELECT message_id FROM ${table} WHERE message_id = OLD.message_id)`;

/** Deletes the message of a deleted join that no table of `holders` still holds. */
const dropUnheldMessage = (holders: readonly string[]): string =>
  `DELETE FROM message WHERE message.ROWID = OLD.message_id AND ${holders
    .map((table) => `NOT ${joined(table)}`)
    .join(' AND ')}`;

/** Deletes the handle of a deleted row that nothing names any more. */
const dropUnusedHandle = `
  DELETE FROM handle WHERE handle.ROWID = OLD.handle_id
  AND NOT EXISTS (SELECT 1 FROM chat_handle_join WHERE handle_id = OLD.handle_id)
  AND NOT EXISTS (SELECT 1 FROM message WHERE handle_id = OLD.handle_id)
  AND NOT EXISTS (SELECT 1 FROM message WHERE other_handle = OLD.handle_id)`;

const recoverable = ['chat_message_join', 'chat_recoverable_message_join'];

const toldToCloud = (table: string): string =>
  `INSERT INTO ${table} (guid, recordID) VALUES (OLD.guid, OLD.ck_record_id)`;

/** Triggers of deletes. Those of messages, chats and attachments call functions that only Messages registers. */
export const deleteTriggers: readonly TriggerFact[] = [
  {
    name: 'after_delete_on_chat_message_join',
    event: 'AFTER DELETE ON chat_message_join',
    body: [refreshRoomNames('OLD.message_id'), dropUnheldMessage(['chat_message_join'])],
    until: '12',
  },
  {
    name: 'after_delete_on_chat_message_join',
    event: 'AFTER DELETE ON chat_message_join',
    body: [refreshRoomNames('OLD.message_id'), dropUnheldMessage(recoverable)],
    since: '13',
  },
  {
    name: 'after_delete_on_chat_recoverable_message_join',
    event: 'AFTER DELETE ON chat_recoverable_message_join',
    body: [refreshRoomNames('OLD.message_id'), dropUnheldMessage(recoverable)],
    since: '13',
  },
  {
    name: 'after_delete_on_chat',
    event: 'AFTER DELETE ON chat',
    body: ['DELETE FROM chat_message_join WHERE chat_id = OLD.ROWID'],
  },
  {
    name: 'before_delete_chat_update_sync_chat_deletes',
    event: 'BEFORE DELETE ON chat',
    when: 'is_mic_enabled() = 1',
    body: [
      `INSERT INTO sync_deleted_chats (guid, recordID, timestamp)
       SELECT guid_for_chat(OLD.chat_identifier, slice.service_name, OLD.style), slice.ck_record_id, newest.date
       FROM sync_chat_slice AS slice INNER JOIN message AS newest ON newest.ROWID = (
         SELECT message.ROWID FROM chat_recoverable_message_join AS link
         INNER JOIN message ON message.ROWID = link.message_id
         WHERE link.chat_id = slice.chat ORDER BY message.date DESC LIMIT 1
       ) WHERE slice.chat = OLD.ROWID AND slice.ck_record_id IS NOT NULL`,
    ],
    since: '26',
  },
  {
    name: 'before_deleting_chat_delete_chat_background_trigger',
    event: 'BEFORE DELETE ON chat',
    body: ['SELECT delete_chat_background_before_deleting_chat(OLD.guid, OLD.properties)'],
    since: '26',
  },
  {
    name: 'after_delete_on_chat_handle_join',
    event: 'AFTER DELETE ON chat_handle_join',
    body: [dropUnusedHandle],
  },
  { name: 'after_delete_on_message', event: 'AFTER DELETE ON message', body: [dropUnusedHandle] },
  {
    name: 'after_delete_on_message_plugin',
    event: 'AFTER DELETE ON message',
    when: 'OLD.balloon_bundle_id IS NOT NULL',
    body: ['SELECT after_delete_message_plugin(OLD.ROWID, OLD.guid)'],
  },
  {
    name: 'add_to_deleted_messages',
    event: 'AFTER DELETE ON message',
    body: ['INSERT INTO deleted_messages (guid) VALUES (OLD.guid)'],
  },
  {
    name: 'add_to_sync_deleted_messages',
    event: 'AFTER DELETE ON message',
    body: [toldToCloud('sync_deleted_messages')],
  },
  {
    name: 'delete_associated_messages_after_delete_on_message',
    event: 'AFTER DELETE ON message',
    body: [
      `DELETE FROM message WHERE OLD.associated_message_guid IS NULL
       AND associated_message_guid IS NOT NULL AND guid = OLD.associated_message_guid`,
    ],
  },
  {
    name: 'after_delete_on_message_attachment_join',
    event: 'AFTER DELETE ON message_attachment_join',
    body: [
      `DELETE FROM attachment WHERE attachment.ROWID = OLD.attachment_id
       AND NOT EXISTS (SELECT 1 FROM message_attachment_join WHERE attachment_id = OLD.attachment_id)`,
    ],
  },
  {
    name: 'before_delete_on_attachment',
    event: 'BEFORE DELETE ON attachment',
    body: ['SELECT before_delete_attachment_path(OLD.ROWID, OLD.guid)'],
  },
  {
    name: 'after_delete_on_attachment',
    event: 'AFTER DELETE ON attachment',
    body: ['SELECT delete_attachment_path(OLD.filename)'],
  },
  {
    name: 'add_to_sync_deleted_attachments',
    event: 'AFTER DELETE ON attachment',
    body: [toldToCloud('sync_deleted_attachments')],
  },
];
