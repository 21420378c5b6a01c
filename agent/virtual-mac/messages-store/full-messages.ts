import type { FullMessage, WrittenRow } from '../types.ts';
import { bodyOf, partsOf } from './bodies.ts';
import type { Cell, ChatFile, Row } from './chat-file.ts';
import type { Chats } from './chats.ts';
import { newGuid, type Owner } from './identity.ts';
import { incomingSummary, type MessageRows, outgoingSummary } from './message-rows.ts';

/** -1 as Messages prints it in `thread_originator_part`. */
const UNKNOWN_LENGTH = '18446744073709551615';

/** Types of `associated_message_type` whose rows name a part of the other message. */
const namesPart = (type: number): boolean => type >= 1000 && type < 4000;

/** Writes messages with everything that a row of `message` may hold. */
export class FullMessages {
  readonly #file: ChatFile;
  readonly #chats: Chats;
  readonly #rows: MessageRows;
  readonly #owner: Owner;

  constructor(file: ChatFile, chats: Chats, rows: MessageRows, owner: Owner) {
    this.#file = file;
    this.#chats = chats;
    this.#rows = rows;
    this.#owner = owner;
  }

  insert(message: FullMessage): WrittenRow {
    const service = message.service ?? 'iMessage';
    const fromMe = message.sender === 'me';
    const { guid = newGuid() } = message;
    if (message.scheduled) this.#file.needs('message', 'schedule_type');
    return this.#file.write(() => {
      const chat = this.#chats.find(message.chat, service);
      return this.#rows.insert(message.at, service, {
        guid,
        handle_id: this.#handleId(message, service),
        is_from_me: fromMe ? 1 : 0,
        is_finished: fromMe ? 0 : 1,
        is_delivered: fromMe ? 0 : 1,
        attributedBody: bodyOf(message.parts, guid),
        part_count: message.parts.length,
        cache_has_attachments: message.parts.some((part) => part.kind === 'attachment') ? 1 : 0,
        message_summary_info: fromMe ? outgoingSummary : incomingSummary,
        reply_to_guid: chat ? this.#chats.lastMessageGuid(chat.ROWID) : null,
        destination_caller_id: message.ownAddress ?? this.#owner.line,
        ...this.#marks(message),
      });
    });
  }

  /** `associated_message_guid` of a row that belongs to a part of a message, or to the balloon that it is. */
  associatedGuid(guid: string, part: number): string {
    const target = this.#file.get<{ balloon: string | null }>('message', ['balloon_bundle_id AS balloon'], {
      guid,
    });
    return target?.balloon ? `bp:${guid}` : `p:${part}/${guid}`;
  }

  /** In a group only others are named by `handle_id`; with one person it is that person in both directions. */
  #handleId(message: FullMessage, service: string): number {
    if (message.sender !== 'me') return this.#chats.handle(message.sender.handle, service);
    return 'handle' in message.chat ? this.#chats.handle(message.chat.handle, service) : 0;
  }

  #marks(message: FullMessage): Row {
    const columns: Record<string, Cell> = {};
    if (message.effect !== undefined) columns.expressive_send_style_id = message.effect;
    if (message.subject !== undefined) columns.subject = message.subject;
    if (message.audio) Object.assign(columns, { is_audio_message: 1, is_expirable: 1 });
    if (message.scheduled) Object.assign(columns, { schedule_type: 2, schedule_state: 1 });
    if (message.junk) Object.assign(columns, { is_spam: 1, filter_action: 2 });
    if (message.balloon) {
      columns.balloon_bundle_id = message.balloon.bundleId;
      columns.payload_data = message.balloon.payload ? Buffer.from(message.balloon.payload) : null;
    }
    if (message.replyTo) {
      columns.thread_originator_guid = message.replyTo.guid;
      columns.thread_originator_part = this.#originatorPart(message.replyTo.guid, message.replyTo.part ?? 0);
    }
    if (message.associated) {
      const { guid, type, part = 0 } = message.associated;
      columns.associated_message_type = type;
      columns.associated_message_guid = namesPart(type) ? this.associatedGuid(guid, part) : guid;
    }
    return columns;
  }

  /** `part:start:length` of the part that a reply answers. */
  #originatorPart(guid: string, part: number): string {
    const target = this.#file.get<{ body: Buffer | null }>('message', ['attributedBody AS body'], { guid });
    const found = partsOf(target?.body ?? null).find((one) => one.part === part);
    return found ? `${part}:${found.start}:${found.text.length}` : `${part}:0:${UNKNOWN_LENGTH}`;
  }
}
