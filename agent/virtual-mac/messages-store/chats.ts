import { randomInt } from 'node:crypto';
import { AppError } from '../../../bridge/runtime/app-error.ts';
import { type ChatTarget, type MacosRelease, macosReleases, type NamedChat } from '../types.ts';
import type { ChatFile } from './chat-file.ts';
import { canonicalHandle, newGuid, type Owner } from './identity.ts';

/** `chat.style` of a conversation with one person. */
const DIRECT = 45;
/** `chat.style` of a group. */
export const GROUP = 43;

export interface ChatRow {
  ROWID: number;
  guid: string;
}

/** Chats, handles and their joins. */
export class Chats {
  readonly #file: ChatFile;
  readonly #owner: Owner;
  readonly #anyService: boolean;

  constructor(file: ChatFile, owner: Owner, macos: MacosRelease) {
    this.#file = file;
    this.#owner = owner;
    this.#anyService = macosReleases.indexOf(macos) >= macosReleases.indexOf('26');
  }

  /** ROWID of the handle of an address on a service, made when it is missing: there is one for each pair. */
  handle(address: string, service: string): number {
    const id = canonicalHandle(address);
    const found = this.#file.get<{ ROWID: number }>('handle', ['ROWID'], { id, service });
    return found?.ROWID ?? this.#file.insert('handle', { id, service, uncanonicalized_id: address });
  }

  /** Guid of the chat with one person: `any;-;` since macOS 26, where one chat carries every service. */
  directGuid(address: string, service: string): string {
    return `${this.#anyService ? 'any' : service};-;${canonicalHandle(address)}`;
  }

  /** The chat with one person; on a release with a chat for each service, the one of `service`. */
  direct(address: string, service: string): ChatRow | undefined {
    return this.byGuid(this.directGuid(address, service));
  }

  /** The chat with one person on whichever service, the oldest first. */
  anyDirect(address: string): ChatRow | undefined {
    return (
      this.direct(address, 'iMessage') ??
      this.#file.first<ChatRow>(
        `SELECT ROWID, guid FROM chat WHERE chat_identifier = ? AND style = ${DIRECT} ORDER BY ROWID LIMIT 1`,
        canonicalHandle(address),
      )
    );
  }

  /** Who is in the chat with a guid, and its service. */
  named(guid: string): NamedChat | undefined {
    const row = this.#file.get<{ style: number; chat_identifier: string; service_name: string | null }>(
      'chat',
      ['style', 'chat_identifier', 'service_name'],
      { guid },
    );
    if (!row) return undefined;
    const target = row.style === GROUP ? { group: row.chat_identifier } : { handle: row.chat_identifier };
    return { target, service: row.service_name ?? 'iMessage' };
  }

  byGuid(guid: string): ChatRow | undefined {
    return this.#file.get<ChatRow>('chat', ['ROWID', 'guid'], { guid });
  }

  /** The chat with one person, made with its handle and their join when it is missing. */
  ensureDirect(address: string, service: string): ChatRow {
    const handle = this.handle(address, service);
    const chat = this.direct(address, service) ?? this.#insertDirect(canonicalHandle(address), service);
    this.addMember(chat.ROWID, handle);
    return chat;
  }

  /** A new group, with its members; its identifier is `chat` and digits. */
  createGroup(members: readonly string[], name: string, service: string): string {
    const identifier = `chat${randomInt(1e14, 2 ** 48 - 1)}`;
    const columns = this.#commonColumns();
    const chat = this.#file.insert('chat', {
      guid: `${this.#anyService ? 'any' : service};+;${identifier}`,
      style: GROUP,
      chat_identifier: identifier,
      room_name: identifier,
      service_name: service,
      ...columns,
      display_name: name,
    });
    for (const member of members) this.addMember(chat, this.handle(member, service));
    const domain = service === 'iMessage' ? 'iMessageGroupID' : 'SMSGroupID';
    this.#addLookup(chat, String(columns.group_id), domain);
    return identifier;
  }

  /** @throws AppError `not_found` when there is no such group. */
  group(identifier: string): ChatRow & { service_name: string } {
    const found = this.#file.first<ChatRow & { service_name: string }>(
      `SELECT ROWID, guid, service_name FROM chat WHERE chat_identifier = ? AND style = ${GROUP}`,
      identifier,
    );
    if (found) return found;
    throw new AppError('The virtual Mac has no such group.', {
      code: 'not_found',
      retry: 'never',
      hint: 'Use the identifier that came when the group was made.',
    });
  }

  /** The chat of a target, where it has been made. */
  find(target: ChatTarget, service: string): ChatRow | undefined {
    return 'group' in target ? this.group(target.group) : this.direct(target.handle, service);
  }

  ensure(target: ChatTarget, service: string): ChatRow {
    return 'group' in target ? this.group(target.group) : this.ensureDirect(target.handle, service);
  }

  addMember(chat: number, handle: number): void {
    const pair = { chat_id: chat, handle_id: handle };
    if (!this.#file.get('chat_handle_join', ['1 AS one'], pair)) this.#file.insert('chat_handle_join', pair);
  }

  /** Joins a message to a chat, unless it is; the join carries the date of the message. */
  addMessage(chat: number, message: number): void {
    const pair = { chat_id: chat, message_id: message };
    if (this.#file.get('chat_message_join', ['1 AS one'], pair)) return;
    const row = this.#file.first<{ date: string }>(
      'SELECT CAST(date AS TEXT) AS date FROM message WHERE ROWID = ?',
      message,
    );
    this.#file.insert('chat_message_join', {
      ...pair,
      message_date: BigInt(row?.date ?? 0),
    });
  }

  /** Guid of the newest message of a chat, which the next one names in `reply_to_guid` although it is no reply. */
  lastMessageGuid(chat: number): string | null {
    const row = this.#file.first<{ guid: string }>(
      `SELECT message.guid FROM chat_message_join AS link JOIN message ON message.ROWID = link.message_id
       WHERE link.chat_id = ? ORDER BY link.message_date DESC, link.message_id DESC LIMIT 1`,
      chat,
    );
    return row?.guid ?? null;
  }

  #insertDirect(identifier: string, service: string): ChatRow {
    const guid = this.directGuid(identifier, service);
    const ROWID = this.#file.insert('chat', {
      guid,
      style: DIRECT,
      chat_identifier: identifier,
      service_name: service,
      ...this.#commonColumns(),
    });
    this.#addLookup(ROWID, identifier, service);
    return { ROWID, guid };
  }

  /** What every new chat holds. */
  #commonColumns(): Record<string, string | number> {
    const groupId = newGuid();
    return {
      state: 3,
      account_id: this.#owner.accountGuid,
      account_login: this.#owner.account,
      last_addressed_handle: this.#owner.line,
      display_name: '',
      group_id: groupId,
      original_group_id: groupId,
      is_filtered: 0,
      successful_query: 1,
    };
  }

  /** Since macOS 26 a table finds chats by identifier; that its domain is the service is a weak guess. */
  #addLookup(chat: number, identifier: string, domain: string): void {
    if (!this.#file.has('chat_lookup')) return;
    if (this.#file.get('chat_lookup', ['1 AS one'], { identifier, domain })) return;
    this.#file.insert('chat_lookup', { identifier, domain, chat, priority: 0 });
  }
}
