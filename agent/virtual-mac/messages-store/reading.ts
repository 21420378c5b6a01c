import { parseBuffer } from 'bplist-parser';
import type { ChatOnScreen, ChatTarget, StoredBubble } from '../types.ts';
import { appleNanoseconds } from './apple-time.ts';
import { OBJECT_REPLACEMENT, partsOf } from './bodies.ts';
import type { ChatFile } from './chat-file.ts';
import { GROUP } from './chats.ts';
import { canonicalHandle } from './identity.ts';

interface BubbleRow {
  guid: string;
  body: Buffer | null;
  summary: Buffer | null;
  fromMe: number;
  sender: string | null;
  date: string;
}

const SECONDS_TO_2001 = 978_307_200;

/** Most messages that a transcript shows. */
const SHOWN = 60;

/** What Messages shows of its own database. */
export class Reading {
  readonly #file: ChatFile;

  constructor(file: ChatFile) {
    this.#file = file;
  }

  /** Chats with messages, the one with the newest first. */
  chats(): ChatOnScreen[] {
    const rows = this.#file.all<{ ROWID: number; identifier: string; style: number; name: string | null }>(
      `SELECT chat.ROWID, chat.chat_identifier AS identifier, chat.style, chat.display_name AS name
       FROM chat JOIN chat_message_join AS link ON link.chat_id = chat.ROWID
       GROUP BY chat.ROWID ORDER BY MAX(link.message_date) DESC`,
    );
    return rows.map(({ ROWID, identifier, style, name }) => ({
      chat: style === GROUP ? { group: identifier } : { handle: identifier },
      name: name ?? '',
      members: this.#members(ROWID),
    }));
  }

  /** The chat in which a message stands. */
  chatOf(guid: string): ChatTarget | undefined {
    const row = this.#file.first<{ identifier: string; style: number }>(
      `SELECT chat.chat_identifier AS identifier, chat.style FROM message
       JOIN chat_message_join AS link ON link.message_id = message.ROWID
       JOIN chat ON chat.ROWID = link.chat_id WHERE message.guid = ? LIMIT 1`,
      guid,
    );
    return row && (row.style === GROUP ? { group: row.identifier } : { handle: row.identifier });
  }

  /** The bubbles of a chat, oldest first: each part of a message is one. */
  bubbles(chat: ChatTarget): StoredBubble[] {
    const rows = this.#file.all<BubbleRow>(
      `SELECT message.guid, message.attributedBody AS body, message.message_summary_info AS summary,
         message.is_from_me AS fromMe, handle.id AS sender, CAST(message.date AS TEXT) AS date
       FROM message JOIN chat_message_join AS link ON link.message_id = message.ROWID
       LEFT JOIN handle ON handle.ROWID = message.handle_id
       WHERE link.chat_id IN (SELECT ROWID FROM chat WHERE chat_identifier = ?)
       AND message.item_type = 0
       AND (message.associated_message_type IS NULL OR message.associated_message_type NOT BETWEEN 2000 AND 3999)
       ORDER BY link.message_date DESC, message.ROWID DESC LIMIT ${SHOWN}`,
      identifierOf(chat),
    );
    return rows.reverse().flatMap((row) => this.#bubblesOf(row));
  }

  /** Guids of messages of others that are not marked as read. */
  unread(chat: ChatTarget): string[] {
    const rows = this.#file.all<{ guid: string }>(
      `SELECT message.guid FROM message JOIN chat_message_join AS link ON link.message_id = message.ROWID
       WHERE link.chat_id IN (SELECT ROWID FROM chat WHERE chat_identifier = ?)
       AND message.is_from_me = 0 AND message.is_read = 0 AND message.item_type = 0`,
      identifierOf(chat),
    );
    return rows.map(({ guid }) => guid);
  }

  /** Marks every message of others in a chat as read. */
  markChatRead(chat: ChatTarget, at: number): void {
    this.#file.write(() => {
      for (const guid of this.unread(chat))
        this.#file.update('message', { is_read: 1, date_read: appleNanoseconds(at) }, { guid });
    });
  }

  #members(chat: number): string[] {
    const rows = this.#file.all<{ id: string }>(
      `SELECT handle.id FROM chat_handle_join AS link JOIN handle ON handle.ROWID = link.handle_id
       WHERE link.chat_id = ? ORDER BY handle.id`,
      chat,
    );
    return rows.map(({ id }) => id);
  }

  #bubblesOf({ guid, body, summary, fromMe, sender, date }: BubbleRow): StoredBubble[] {
    const edits = editCounts(summary);
    return partsOf(body).map(({ part, text }) => ({
      guid,
      part,
      text: text === OBJECT_REPLACEMENT ? undefined : text,
      sender: fromMe === 1 ? 'me' : { handle: sender ?? '' },
      at: Number(BigInt(date) / 1_000_000n) + SECONDS_TO_2001 * 1000,
      edits: edits[part] ?? 0,
      ownTapback: this.#ownTapback(guid, part),
    }));
  }

  /** `associated_message_type` less 2000 of the own tapback that stands on a part. */
  #ownTapback(guid: string, part: number): number | undefined {
    const row = this.#file.first<{ type: number }>(
      `SELECT associated_message_type AS type FROM message
       WHERE associated_message_guid IN (?, ?) AND is_from_me = 1 AND associated_message_type BETWEEN 2000 AND 3999
       ORDER BY date DESC, ROWID DESC LIMIT 1`,
      `p:${part}/${guid}`,
      `bp:${guid}`,
    );
    return row && row.type < 3000 ? row.type - 2000 : undefined;
  }
}

const identifierOf = (chat: ChatTarget): string =>
  'group' in chat ? chat.group : canonicalHandle(chat.handle);

/** How often each part was edited: `ec` holds every version, the original too. */
function editCounts(summary: Buffer | null): Record<string, number> {
  if (!summary) return {};
  const [value] = parseBuffer<{ ec?: Record<string, unknown[]> }>(summary);
  return Object.fromEntries(
    Object.entries(value?.ec ?? {}).map(([part, versions]) => [part, versions.length - 1]),
  );
}
