import { fromAppleMilliseconds } from './apple-time.ts';
import { textOfAttributedBody } from './typedstream.ts';
import type { ChatRef } from './types.ts';

/** One row of `message` with its sender and chat, as the queries select it; times in milliseconds since 2001. */
export interface StoredMessage {
  rowid: number;
  guid: string;
  text: string | null;
  body: Buffer | null;
  service: string | null;
  fromMe: number;
  date: number | null;
  dateRead: number | null;
  dateDelivered: number | null;
  sent: number | null;
  delivered: number | null;
  read: number | null;
  error: number | null;
  itemType: number | null;
  associatedType: number | null;
  scheduleType: number | null;
  scheduleState: number | null;
  caller: string | null;
  account: string | null;
  sender: string | null;
  chatStyle: number | null;
  chatIdentifier: string | null;
  lastAddressed: string | null;
}

/** IMChatStyle of a group, '+'; that of a direct chat is 45, '-'. */
const GROUP_STYLE = 43;

/** A row whose service column is empty belongs to iMessage as far as anybody knows. */
export const serviceOf = (row: StoredMessage): string => row.service || 'iMessage';

export function chatOf(row: StoredMessage): ChatRef | null {
  if (!row.chatIdentifier) return null;
  return { kind: row.chatStyle === GROUP_STYLE ? 'group' : 'direct', identifier: row.chatIdentifier };
}

/** The body is the truth and the text column its copy, often NULL; null where neither holds anything. */
export function textOf(row: StoredMessage): string | null {
  const body = row.body && row.body.length > 0 ? textOfAttributedBody(row.body) : null;
  return body || row.text || null;
}

/** Own address of the message: `destination_caller_id` in both directions, then what the chat and the account say. */
export function lineOf(row: StoredMessage): string | null {
  return row.caller || row.lastAddressed || row.account?.replace(/^[A-Za-z]:/, '') || null;
}

export const dateOf = (row: StoredMessage): number | null => fromAppleMilliseconds(row.date);

/** Rows to be sent later stand there as outgoing ones with their future date; state 2 is sent. */
export const isScheduled = (row: StoredMessage): boolean =>
  (row.scheduleType ?? 0) !== 0 && row.scheduleState !== 2;

/** A message, neither a tapback or sticker on another nor a notice about the chat. */
export const isPlainMessage = (row: StoredMessage): boolean =>
  (row.itemType ?? 0) === 0 && (row.associatedType ?? 0) === 0;
