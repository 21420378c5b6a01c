import type { Balloon, ChatTarget, FullMessage, WrittenRow } from '../types.ts';
import { appleNanoseconds } from './apple-time.ts';
import type { ChatFile } from './chat-file.ts';
import type { Chats } from './chats.ts';
import type { FullMessages } from './full-messages.ts';
import type { Owner } from './identity.ts';
import { type MessageRows, noSuchMessage } from './message-rows.ts';

const SERVICE = 'iMessage';

/** Changes of rows in place, and rows that come in numbers or by accident. */
export class States {
  readonly #file: ChatFile;
  readonly #chats: Chats;
  readonly #rows: MessageRows;
  readonly #messages: FullMessages;
  readonly #owner: Owner;

  constructor(parts: {
    file: ChatFile;
    chats: Chats;
    rows: MessageRows;
    messages: FullMessages;
    owner: Owner;
  }) {
    this.#file = parts.file;
    this.#chats = parts.chats;
    this.#rows = parts.rows;
    this.#messages = parts.messages;
    this.#owner = parts.owner;
  }

  /** Joins a row, wherever a rebuild put it, to a chat, which is made when it is one with a person. */
  join({ guid }: { guid: string }, target: ChatTarget): void {
    this.#file.write(() => {
      const found = this.#file.get<{ ROWID: number; service: string | null }>(
        'message',
        ['ROWID', 'service'],
        {
          guid,
        },
      );
      if (!found) throw noSuchMessage();
      this.#chats.addMessage(this.#chats.ensure(target, found.service ?? SERVICE).ROWID, found.ROWID);
    });
  }

  setBalloon(guid: string, { bundleId, payload }: Balloon): void {
    this.#rows.change(guid, {
      balloon_bundle_id: bundleId,
      payload_data: payload ? Buffer.from(payload) : null,
    });
  }

  markPlayed(guid: string, at: number): void {
    this.#rows.change(guid, { is_played: 1, date_played: appleNanoseconds(at) });
  }

  downgrade(guid: string, service = 'SMS'): void {
    this.#rows.change(guid, { was_downgraded: 1, service, error: 0 });
  }

  sendScheduled(guid: string, at: number): void {
    this.#file.needs('message', 'schedule_state');
    this.#rows.change(guid, { schedule_state: 2, is_finished: 1, is_sent: 1, date: appleNanoseconds(at) });
  }

  setFiltered(target: ChatTarget, filtered: 0 | 1 | 2): void {
    this.#file.write(() => {
      const chat = this.#chats.ensure(target, SERVICE);
      this.#file.update('chat', { is_filtered: filtered }, { ROWID: chat.ROWID });
    });
  }

  insertSelf({ text, at, rows }: { text: string; at: number; rows: 1 | 2 }): WrittenRow[] {
    const chat = { handle: this.#owner.line };
    const parts = [{ kind: 'text', text }] as const;
    const mine = this.#messages.insert({ chat, sender: 'me', parts, at });
    this.join(mine, chat);
    this.#rows.change(mine.guid, { is_finished: 1, is_sent: 1, is_delivered: 1 });
    if (rows === 1) return [mine];
    const copy = this.#messages.insert({ chat, sender: chat, parts, at });
    this.join(copy, chat);
    return [mine, copy];
  }

  flipFromMe(guid: string): void {
    const row = this.#file.get<{ is_from_me: number }>('message', ['is_from_me'], { guid });
    if (!row) throw noSuchMessage();
    this.#rows.change(guid, { is_from_me: row.is_from_me === 1 ? 0 : 1 });
  }

  backfill(messages: readonly FullMessage[]): WrittenRow[] {
    return this.#file.write(() =>
      messages.map((message) => {
        const row = this.#messages.insert(message);
        if (message.sender === 'me') this.#rows.change(row.guid, { is_finished: 1, is_sent: 1 });
        this.join(row, message.chat);
        return row;
      }),
    );
  }

  insertGhost(at: number): WrittenRow {
    return this.#file.write(() =>
      this.#rows.insert(at, 'SMS', { is_from_me: 1, handle_id: 0, attributedBody: null }),
    );
  }

  reindex(guid: string): void {
    this.#rows.change(guid, { index_state: 1 });
  }
}
