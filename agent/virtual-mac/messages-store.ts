import type { Clock } from '../../bridge/runtime/clock.ts';
import { appleNanoseconds } from './messages-store/apple-time.ts';
import { Attachments } from './messages-store/attachments.ts';
import { Calls } from './messages-store/calls.ts';
import { ChatFile } from './messages-store/chat-file.ts';
import { Chats } from './messages-store/chats.ts';
import { Disk } from './messages-store/disk.ts';
import { Edits } from './messages-store/edits.ts';
import {
  callHistoryPath,
  messagesDatabasePath,
  openCallHistory,
  openMessagesDatabase,
} from './messages-store/files.ts';
import { FullMessages } from './messages-store/full-messages.ts';
import { Groups } from './messages-store/groups.ts';
import { ownerOf } from './messages-store/identity.ts';
import { MessageRows } from './messages-store/message-rows.ts';
import { Reading } from './messages-store/reading.ts';
import { States } from './messages-store/states.ts';
import { Tapbacks } from './messages-store/tapbacks.ts';
import type { MacosRelease, MessagesStore } from './types.ts';

export interface MessagesStoreOptions {
  /** Home folder of the virtual Mac; `Library` in it is made when missing. */
  home: string;
  /** Release whose schema a new chat.db gets, and whose ways of naming chats are kept. */
  macos: MacosRelease;
  /** The own handle: E.164 number or email. */
  line: string;
  clock: Clock;
}

const SERVICE = 'iMessage';

/**
 * Opens the chat.db of a virtual Mac for writing, or makes it, with an empty call history beside it.
 *
 * It writes as Messages was seen to: nanoseconds since 2001, `text` NULL with the body in `attributedBody`, the own
 * line in `destination_caller_id` in both directions, the message before in `reply_to_guid`. Other clients can write
 * the same file; see `registerAppFunctions` for what they can without the functions of Messages.
 */
export function openMessagesStore(options: MessagesStoreOptions): MessagesStore {
  const { home, macos } = options;
  const owner = ownerOf(options.line);
  const file = new ChatFile(openMessagesDatabase(home, macos));
  openCallHistory(home).close();
  const chats = new Chats(file, owner, macos);
  const rows = new MessageRows(file, chats, owner);
  const messages = new FullMessages(file, chats, rows, owner);
  const states = new States({ file, chats, rows, messages, owner });
  const attachments = new Attachments(file, home);
  const tapbacks = new Tapbacks(file, chats, rows, messages);
  const edits = new Edits(file, rows);
  const groups = new Groups(file, chats, rows);
  const calls = new Calls(home, owner);

  return {
    databasePath: messagesDatabasePath(home),
    callHistoryPath: callHistoryPath(home),
    line: owner.line,
    insertIncoming: ({ from, service = SERVICE, ...rest }) =>
      rows.insertIncoming({ peer: from, service, ...rest }),
    insertOutgoing: ({ to, service = SERVICE, ...rest }) =>
      rows.insertOutgoing({ peer: to, service, ...rest }),
    hasMessage: (guid) => file.get('message', ['1 AS one'], { guid }) !== undefined,
    join: (row, handle) => states.join(row, { handle }),
    markSent: (guid) => rows.change(guid, { is_finished: 1, is_sent: 1, error: 0 }),
    markDelivered: (guid, at) => rows.change(guid, { is_delivered: 1, date_delivered: appleNanoseconds(at) }),
    markRead: (guid, at) => rows.change(guid, { is_read: 1, date_read: appleNanoseconds(at) }),
    markFailed: (guid, error) => rows.change(guid, { error, is_finished: 1, is_sent: 0 }),
    reading: new Reading(file),
    acquaint: (handle) => {
      chats.ensureDirect(handle, 'iMessage');
    },
    chatGuid: (handle) => chats.anyDirect(handle)?.guid,
    chatNamed: (guid) => chats.named(guid),

    insertMessage: (message) => messages.insert(message),
    joinChat: (row, chat) => states.join(row, chat),
    attach: (row, attachment) => attachments.add(row, attachment),
    setTransfer: (guid, state, content) => attachments.setTransfer(guid, state, content),
    attachmentPath: (guid) => attachments.path(guid),
    insertTapback: (tapback) => tapbacks.insert(tapback),
    editMessage: (guid, edit) => edits.edit(guid, edit),
    unsendMessage: (guid, unsend) => edits.unsend(guid, unsend),
    setBalloon: (guid, balloon) => states.setBalloon(guid, balloon),
    markPlayed: (guid, at) => states.markPlayed(guid, at),
    downgrade: (guid, service) => states.downgrade(guid, service),
    sendScheduled: (guid, at) => states.sendScheduled(guid, at),
    setFiltered: (chat, filtered) => states.setFiltered(chat, filtered),
    insertSelf: (message) => states.insertSelf(message),
    flipFromMe: (guid) => states.flipFromMe(guid),
    backfill: (many) => states.backfill(many),
    insertGhost: (at) => states.insertGhost(at),
    reindex: (guid) => states.reindex(guid),
    createGroup: (group) => groups.create(group),
    insertNote: (chat, note, by, at) => groups.note(chat, note, by, at),
    insertCall: (call) => calls.insert(call),
    disk: new Disk(file, home, macos),
    close: () => {
      calls.close();
      file.close();
    },
  };
}
