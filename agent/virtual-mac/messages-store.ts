import type { Clock } from '../../bridge/runtime/clock.ts';
import { appleNanoseconds } from './messages-store/apple-time.ts';
import { ChatFile } from './messages-store/chat-file.ts';
import { Chats } from './messages-store/chats.ts';
import {
  callHistoryPath,
  messagesDatabasePath,
  openCallHistory,
  openMessagesDatabase,
} from './messages-store/files.ts';
import { ownerOf } from './messages-store/identity.ts';
import { MessageRows, noSuchMessage } from './messages-store/message-rows.ts';
import type { MacosRelease, MessagesStore, WrittenRow } from './types.ts';

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
  const owner = ownerOf(options.line);
  const file = new ChatFile(openMessagesDatabase(options.home, options.macos));
  openCallHistory(options.home).close();
  const chats = new Chats(file, owner, options.macos);
  const messages = new MessageRows(file, chats, owner);

  const join = (row: WrittenRow, handle: string): void =>
    file.write(() => {
      const found = file.get<{ service: string | null }>('message', ['service'], { ROWID: row.rowid });
      if (!found) throw noSuchMessage();
      chats.addMessage(chats.ensureDirect(handle, found.service ?? SERVICE).ROWID, row.rowid);
    });

  return {
    databasePath: messagesDatabasePath(options.home),
    callHistoryPath: callHistoryPath(options.home),
    line: owner.line,
    insertIncoming: ({ from, text, at, service = SERVICE }) =>
      messages.insertIncoming({ peer: from, text, at, service }),
    insertOutgoing: ({ to, text, at, service = SERVICE }) =>
      messages.insertOutgoing({ peer: to, text, at, service }),
    join,
    markSent: (guid) => messages.change(guid, { is_finished: 1, is_sent: 1, error: 0 }),
    markDelivered: (guid, at) =>
      messages.change(guid, { is_delivered: 1, date_delivered: appleNanoseconds(at) }),
    markRead: (guid, at) => messages.change(guid, { is_read: 1, date_read: appleNanoseconds(at) }),
    markFailed: (guid, error) => messages.change(guid, { error, is_finished: 1, is_sent: 0 }),
    chatGuid: (handle) => chats.anyDirect(handle)?.guid,
    close: () => file.db.close(),
  };
}
