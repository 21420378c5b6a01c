import { fromAppleMilliseconds } from './apple-time.ts';
import type { ChatRef, MessageTarget } from './types.ts';

/** What every row of `message` is read with, its sender and chat among it; times in milliseconds since 2001. */
export interface PlainMessage {
  rowid: number;
  guid: string;
  text: string | null;
  body: Buffer | null;
  service: string | null;
  fromMe: number;
  date: number | null;
  itemType: number | null;
  associatedType: number | null;
  associatedGuid: string | null;
  balloon: string | null;
  files: number | null;
  caller: string | null;
  account: string | null;
  sender: string | null;
  chatStyle: number | null;
  chatIdentifier: string | null;
  chatFiltered: number | null;
  lastAddressed: string | null;
}

/** What most inbound rows have nothing of. */
export interface RareFields {
  subject: string | null;
  dateRead: number | null;
  dateDelivered: number | null;
  dateEdited: number | null;
  sent: number | null;
  delivered: number | null;
  read: number | null;
  error: number | null;
  downgraded: number | null;
  empty: number | null;
  groupAction: number | null;
  groupTitle: string | null;
  otherHandle: string | null;
  associatedEmoji: string | null;
  replyGuid: string | null;
  replyPart: string | null;
  effect: string | null;
  audio: number | null;
  spam: number | null;
  filterAction: number | null;
  blocked: number | null;
  roomNames: string | null;
  scheduleType: number | null;
  scheduleState: number | null;
}

/** A row as it is told: its rare fields are absent where it has nothing of them. */
export type StoredMessage = PlainMessage & Partial<RareFields>;

/** IMChatStyle of a group, '+'; that of a direct chat is 45, '-'. */
const GROUP_STYLE = 43;

/** A row whose service column is empty belongs to iMessage as far as anybody knows. */
export const serviceOf = (row: StoredMessage): string => row.service || 'iMessage';

export function chatOf(row: StoredMessage): ChatRef | null {
  if (!row.chatIdentifier) return null;
  return { kind: row.chatStyle === GROUP_STYLE ? 'group' : 'direct', identifier: row.chatIdentifier };
}

/** Whether the row lies in a group, or may: own rows to a group name no handle. */
export const mayBeGroup = (row: StoredMessage): boolean =>
  row.chatIdentifier ? row.chatStyle === GROUP_STYLE : Boolean(row.roomNames) || row.sender === null;

/** Own address of the message: `destination_caller_id` in both directions, then what the chat and the account say. */
export function lineOf(row: StoredMessage): string | null {
  return row.caller || row.lastAddressed || withoutPrefix(row.account) || null;
}

/** The login of an account without `E:` for an email or `P:` for a number. */
export const withoutPrefix = (account: string | null): string | null =>
  account?.replace(/^[A-Za-z]:/, '') || null;

/** Handle of whoever sent an inbound row; null where neither its handle nor its chat tells. */
export function senderOf(row: StoredMessage): string | null {
  const chat = chatOf(row);
  return row.sender ?? (chat?.kind === 'direct' ? chat.identifier : null);
}

export const dateOf = (row: StoredMessage): number | null => fromAppleMilliseconds(row.date);

/**
 * Own rows to be sent later stand there with their future date; `schedule_state` 2 is sent, and whatever has an error was
 * tried.
 */
export const isScheduled = (row: StoredMessage): boolean =>
  row.fromMe === 1 && (row.scheduleType ?? 0) !== 0 && row.scheduleState !== 2 && !row.error;

/** What kind of row it is, by `item_type` and `associated_message_type`. */
export function kindOf(row: StoredMessage): 'message' | 'tapback' | 'note' {
  if ((row.itemType ?? 0) !== 0) return 'note';
  const type = row.associatedType ?? 0;
  return type >= 2000 && type < 4000 ? 'tapback' : 'message';
}

/** Numbers of parts beyond this name none: -1 stands there as 18446744073709551615. */
const MOST_PARTS = 1_000_000;

const partOf = (digits: string | undefined): number => {
  const part = Number(digits ?? 0);
  return part < MOST_PARTS ? part : 0;
};

/** `p:<part>/<GUID>`, `bp:<GUID>` for a balloon, or a bare GUID. */
export function targetOf(associated: string | null): MessageTarget | null {
  const found = /^(?:p:(\d{1,20})\/|bp:)?(.+)$/.exec(associated ?? '');
  return found?.[2] ? { guid: found[2], part: partOf(found[1]) } : null;
}

/** The message that a reply answers: `thread_originator_part` is `part:start:length`. */
export function replyOf(row: StoredMessage): MessageTarget | null {
  if (!row.replyGuid) return null;
  return { guid: row.replyGuid, part: partOf(/^\d{1,20}/.exec(row.replyPart ?? '')?.[0]) };
}

/** `filter_action` of macOS 27: 2 junk, 3 a promotion, 4 a transaction, which filters sort out of unknown senders. */
const JUNK = 2;
const SORTED_OUT: ReadonlySet<number> = new Set([3, 4]);

/** Junk by the row or its chat: a chat is 1 for unknown senders, 2 for junk, and `is_blackholed` when it is blocked. */
export function filteredOf(row: StoredMessage): 'junk' | 'unknown' | null {
  if (row.spam === 1 || row.filterAction === JUNK || row.chatFiltered === 2 || row.blocked === 1)
    return 'junk';
  return row.chatFiltered === 1 || SORTED_OUT.has(row.filterAction ?? 0) ? 'unknown' : null;
}
