import { AppError } from '../../../bridge/runtime/app-error.ts';
import { encodeAttributedBody } from '../../messages-db/typedstream.ts';
import type { WrittenRow } from '../types.ts';
import { appleNanoseconds } from './apple-time.ts';
import { binaryPlist } from './binary-plist.ts';
import type { ChatFile, Row } from './chat-file.ts';
import type { Chats } from './chats.ts';
import { newGuid, type Owner } from './identity.ts';

/** A message of either direction. `at` in milliseconds since the Unix epoch. */
export interface NewMessage {
  peer: string;
  text: string;
  at: number;
  service: string;
  /** A new one when left out. */
  guid?: string;
}

/** `message_summary_info` of plain messages of each direction, as real rows hold it. */
export const incomingSummary = binaryPlist({ amc: 0, ust: true });
export const outgoingSummary = binaryPlist({ ust: true });

/** Rows of `message`: written whole, changed in place. */
export class MessageRows {
  readonly #file: ChatFile;
  readonly #chats: Chats;
  readonly #owner: Owner;

  constructor(file: ChatFile, chats: Chats, owner: Owner) {
    this.#file = file;
    this.#chats = chats;
    this.#owner = owner;
  }

  /** What came in: finished and delivered from the beginning. `date_delivered` stays 0 on real rows. */
  insertIncoming(message: NewMessage): WrittenRow {
    return this.#insertText(message, {
      is_from_me: 0,
      is_finished: 1,
      is_delivered: 1,
      message_summary_info: incomingSummary,
    });
  }

  /** What goes out: neither finished nor sent until the server took it or it failed. */
  insertOutgoing(message: NewMessage): WrittenRow {
    return this.#insertText(message, {
      is_from_me: 1,
      is_finished: 0,
      message_summary_info: outgoingSummary,
    });
  }

  #insertText(message: NewMessage, columns: Row): WrittenRow {
    return this.#file.write(() => {
      const chat = this.#chats.direct(message.peer, message.service);
      return this.insert(message.at, message.service, {
        handle_id: this.#chats.handle(message.peer, message.service),
        attributedBody: encodeAttributedBody({ text: message.text }),
        part_count: 1,
        reply_to_guid: chat ? this.#chats.lastMessageGuid(chat.ROWID) : null,
        ...(message.guid !== undefined && { guid: message.guid }),
        ...columns,
      });
    });
  }

  /** A row with the columns that all rows share, and those given over them. */
  insert(at: number, service: string, columns: Row): WrittenRow {
    const guid = newGuid();
    const rowid = this.#file.insert('message', {
      guid,
      text: null,
      service,
      account: this.#owner.account,
      account_guid: this.#owner.accountGuid,
      destination_caller_id: this.#owner.line,
      version: 10,
      date: appleNanoseconds(at),
      date_read: 0,
      date_delivered: 0,
      date_played: 0,
      date_edited: 0,
      date_retracted: 0,
      time_expressive_send_played: 0,
      was_data_detected: 1,
      sort_id: 0,
      ...columns,
    });
    return { rowid, guid: typeof columns.guid === 'string' ? columns.guid : guid };
  }

  /** @throws AppError `not_found` when no message has the guid. */
  change(guid: string, columns: Row): void {
    if (this.#file.update('message', columns, { guid }) === 0) throw noSuchMessage();
  }
}

export const noSuchMessage = (): AppError =>
  new AppError('No message of the virtual Mac has this guid.', {
    code: 'not_found',
    retry: 'never',
    hint: 'Use the guid that came with the written row.',
  });
