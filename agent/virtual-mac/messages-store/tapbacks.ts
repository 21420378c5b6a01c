import { encodeAttributedBody } from '../../messages-db/typedstream.ts';
import type { Tapback, WrittenRow } from '../types.ts';
import { binaryPlist } from './binary-plist.ts';
import { OBJECT_REPLACEMENT, partsOf } from './bodies.ts';
import type { ChatFile, Row } from './chat-file.ts';
import { type Chats, GROUP } from './chats.ts';
import type { FullMessages } from './full-messages.ts';
import { type MessageRows, noSuchMessage } from './message-rows.ts';

/** `associated_message_type` counts from 2000 in this order, and from 3000 for removals. */
const kinds = ['love', 'like', 'dislike', 'laugh', 'emphasise', 'question', 'emoji', 'sticker'] as const;

/** What the row says to a reader who does not know tapbacks, in English: when added, when removed. */
const phrases: Record<Tapback['kind'], readonly [added: string, removed: string]> = {
  love: ['Loved', 'Removed a heart from'],
  like: ['Liked', 'Removed a like from'],
  dislike: ['Disliked', 'Removed a dislike from'],
  laugh: ['Laughed at', 'Removed a laugh from'],
  emphasise: ['Emphasized', 'Removed an exclamation from'],
  question: ['Questioned', 'Removed a question mark from'],
  emoji: ['Reacted %s to', 'Removed a %s from'],
  sticker: ['Reacted with a sticker to', 'Removed a sticker from'],
};

interface TargetRow {
  ROWID: number;
  handle_id: number;
  service: string;
  body: Buffer | null;
  style: number | null;
}

/** Tapbacks: each a message row of its own; a sender has one standing on a part. */
export class Tapbacks {
  readonly #file: ChatFile;
  readonly #chats: Chats;
  readonly #rows: MessageRows;
  readonly #messages: FullMessages;

  constructor(file: ChatFile, chats: Chats, rows: MessageRows, messages: FullMessages) {
    this.#file = file;
    this.#chats = chats;
    this.#rows = rows;
    this.#messages = messages;
  }

  insert(tapback: Tapback): WrittenRow {
    const { guid, part = 0 } = tapback.target;
    return this.#file.write(() => {
      const target = this.#target(guid);
      const fromMe = tapback.sender === 'me' ? 1 : 0;
      const handle = this.#handleId(tapback, target);
      const associated = this.#messages.associatedGuid(guid, part);
      this.#dropOlder(associated, fromMe, handle);

      return this.#rows.insert(tapback.at, target.service, {
        handle_id: handle,
        is_from_me: fromMe,
        is_finished: 1 - fromMe,
        is_delivered: 1 - fromMe,
        part_count: 1,
        ...(tapback.guid !== undefined && { guid: tapback.guid }),
        ...this.#content(tapback, part, target.body, associated),
      });
    });
  }

  /** The phrase, and what makes the row a tapback where the release knows its kind. */
  #content(tapback: Tapback, part: number, body: Buffer | null, associated: string): Row {
    const at = partsOf(body).find((one) => one.part === part);
    const quoted = at && at.text !== OBJECT_REPLACEMENT ? `“${at.text}”` : 'an attachment';
    const { kind, emoji = '' } = tapback;
    const phrase = phrases[kind][tapback.remove ? 1 : 0].replace('%s', () => emoji);
    const attributedBody = encodeAttributedBody({ text: `${phrase} ${quoted}` });
    if (kind === 'emoji' && !this.#file.columns('message').has('associated_message_emoji')) {
      return { attributedBody };
    }
    const type = (tapback.remove ? 3000 : 2000) + kinds.indexOf(kind);
    return {
      attributedBody,
      associated_message_guid: associated,
      associated_message_type: type,
      associated_message_emoji: kind === 'emoji' ? emoji : null,
      associated_message_range_location: at?.start ?? 0,
      associated_message_range_length: at?.text.length ?? 0,
      message_summary_info: binaryPlist({ amc: type, ams: at?.text ?? '', ust: true }),
    };
  }

  #target(guid: string): TargetRow {
    const row = this.#file.first<TargetRow>(
      `SELECT message.ROWID, message.handle_id, message.service, message.attributedBody AS body, chat.style
       FROM message LEFT JOIN chat_message_join AS link ON link.message_id = message.ROWID
       LEFT JOIN chat ON chat.ROWID = link.chat_id WHERE message.guid = ? LIMIT 1`,
      guid,
    );
    if (!row) throw noSuchMessage();
    return row;
  }

  #handleId(tapback: Tapback, target: TargetRow): number {
    if (tapback.sender !== 'me') return this.#chats.handle(tapback.sender.handle, target.service);
    return target.style === GROUP ? 0 : target.handle_id;
  }

  #dropOlder(associated: string, fromMe: number, handle: number): void {
    const older = this.#file.all<{ ROWID: number }>(
      `SELECT ROWID FROM message WHERE associated_message_guid = ? AND is_from_me = ?
       AND (is_from_me = 1 OR handle_id = ?)
       AND (associated_message_type BETWEEN 2000 AND 2007 OR associated_message_type BETWEEN 3000 AND 3007)`,
      associated,
      fromMe,
      handle,
    );
    for (const row of older) this.#file.remove('message', { ROWID: row.ROWID });
  }
}
