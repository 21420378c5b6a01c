import type { Actor, ChatNote, ChatTarget, WrittenRow } from '../types.ts';
import type { ChatFile, Row } from './chat-file.ts';
import type { ChatRow, Chats } from './chats.ts';
import type { MessageRows } from './message-rows.ts';

/** `item_type` and what else tells the notes that name nobody. */
const plainNotes = {
  left: { item_type: 3, group_action_type: 0 },
  'photo-set': { item_type: 3, group_action_type: 1 },
  'photo-removed': { item_type: 3, group_action_type: 2 },
  'background-set': { item_type: 3, group_action_type: 4 },
  'background-removed': { item_type: 3, group_action_type: 6 },
  'location-started': { item_type: 4, share_status: 0 },
  'location-stopped': { item_type: 4, share_status: 1 },
  'audio-kept': { item_type: 5 },
  facetime: { item_type: 6 },
} as const;

/** What happens in groups and beside messages: a row without a body tells it, and the group changes. */
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

  note(target: ChatTarget, note: ChatNote, by: Actor, at: number): WrittenRow {
    return this.#file.write(() => {
      const group = 'group' in target ? this.#chats.group(target.group) : undefined;
      const service = group?.service_name ?? 'iMessage';
      const peer = 'handle' in target ? this.#chats.handle(target.handle, service) : 0;
      const actor = by === 'me' ? peer : this.#chats.handle(by.handle, service);
      const row = this.#rows.insert(at, service, {
        handle_id: actor,
        is_from_me: by === 'me' ? 1 : 0,
        is_finished: 1,
        is_sent: by === 'me' ? 1 : 0,
        attributedBody: null,
        part_count: 0,
        ...this.#columns(note, service),
      });
      if (group) this.#apply(group, note, actor, service);
      return row;
    });
  }

  #columns(note: ChatNote, service: string): Row {
    if (note.kind === 'renamed') return { item_type: 2, group_title: note.name };
    if (note.kind !== 'added' && note.kind !== 'removed') return plainNotes[note.kind];
    return {
      item_type: 1,
      group_action_type: note.kind === 'added' ? 0 : 1,
      other_handle: this.#chats.handle(note.handle, service),
    };
  }

  #apply(chat: ChatRow, note: ChatNote, actor: number, service: string): void {
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
