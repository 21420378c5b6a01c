import type { ChatRef, MessageTarget, OwnRow, TapbackName } from '../messages-db/types.ts';

/** An outgoing row with all that may prove an act. */
export interface EvidenceRow extends OwnRow {
  /** Handle that the row names itself. */
  handle: string | null;
  /** Names of its files, as far as they have a row. */
  files: string[];
  /** Apple's id of its effect. */
  effect: string | null;
  replyTo: MessageTarget | null;
  tapback: {
    name: TapbackName;
    emoji: string | null;
    action: 'add' | 'remove';
    target: MessageTarget;
  } | null;
}

/** What the outbox has to know of chat.db before an act and after it. Each question may throw an AppError. */
export interface Evidence {
  chat(conversation: ChatRef): { guid: string; service: string } | null;
  /** Handles of the others in a group, in lower case. */
  members(identifier: string): string[];
  partText(target: MessageTarget): string | null;
  anchor(conversation: ChatRef): (MessageTarget & { text: string }) | null;
  /** The own tapback that stands on a part. */
  standing(target: MessageTarget): TapbackName | null;
  message(guid: string): { editedAt: number | null; gone: boolean; retracted: number[] } | null;
  /** Messages of others up to a ROWID that are not read. */
  unread(conversation: ChatRef, upTo: number): number;
  /** Outgoing rows above a ROWID, oldest first. */
  rowsAfter(rowid: number, now: number): EvidenceRow[];
}
