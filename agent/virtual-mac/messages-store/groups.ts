import type { Actor, GroupNote, WrittenRow } from '../types.ts';
import type { ChatFile, Row } from './chat-file.ts';
import type { ChatRow, Chats } from './chats.ts';
import type { MessageRows } from './message-rows.ts';

/** `item_type` of notes about participants, about the name, and about leaving or the photo. */
const PARTICIPANTS = 1;
const RENAMED = 2;
const LEFT_OR_PHOTO = 3;

/** What happens in groups: the group changes and a row without a body tells it. */
export class Groups {
  readonly #file: ChatFile;
  readonly #chats: Chats;
  readonly #rows: MessageRows;

  constructor(file: ChatFile, chats: Chats, rows: MessageRows) {
    this.#file = file;
    this.#chats = chats;
    this.#rows = rows;
  }

  create(group: { members: readonly string[]; name?: string; service?: string }): string {
    return this.#file.write(() =>
      this.#chats.createGroup(group.members, group.name ?? '', group.service ?? 'iMessage'),
    );
  }

  note(identifier: string, note: GroupNote, by: Actor, at: number): WrittenRow {
    return this.#file.write(() => {
      const chat = this.#chats.group(identifier);
      const service = chat.service_name;
      const actor = by === 'me' ? 0 : this.#chats.handle(by.handle, service);
      const row = this.#rows.insert(at, service, {
        handle_id: actor,
        is_from_me: by === 'me' ? 1 : 0,
        is_finished: 1,
        is_sent: by === 'me' ? 1 : 0,
        attributedBody: null,
        part_count: 0,
        ...this.#columns(note, service),
      });
      this.#apply(chat, note, actor, service);
      return row;
    });
  }

  #columns(note: GroupNote, service: string): Row {
    switch (note.kind) {
      case 'added':
      case 'removed':
        return {
          item_type: PARTICIPANTS,
          group_action_type: note.kind === 'added' ? 0 : 1,
          other_handle: this.#chats.handle(note.handle, service),
        };
      case 'renamed':
        return { item_type: RENAMED, group_title: note.name };
      case 'left':
        return { item_type: LEFT_OR_PHOTO, group_action_type: 0 };
      case 'photo-set':
        return { item_type: LEFT_OR_PHOTO, group_action_type: 1 };
      case 'photo-removed':
        return { item_type: LEFT_OR_PHOTO, group_action_type: 2 };
    }
  }

  #apply(chat: ChatRow, note: GroupNote, actor: number, service: string): void {
    if (note.kind === 'renamed') {
      this.#file.update('chat', { display_name: note.name ?? '' }, { ROWID: chat.ROWID });
    } else if (note.kind === 'added') {
      this.#chats.addMember(chat.ROWID, this.#chats.handle(note.handle, service));
    } else if (note.kind === 'removed') {
      this.#removeMember(chat, this.#chats.handle(note.handle, service));
    } else if (note.kind === 'left' && actor !== 0) {
      this.#removeMember(chat, actor);
    } else if (note.kind === 'left') {
      this.#file.update('chat', { state: 0 }, { ROWID: chat.ROWID });
    }
  }

  #removeMember(chat: ChatRow, handle: number): void {
    this.#file.remove('chat_handle_join', { chat_id: chat.ROWID, handle_id: handle });
  }
}
