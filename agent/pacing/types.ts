import type { Command } from '../../bridge/protocol/commands.ts';
import type { ContactRecord, JournalChange, JournaledCommand, SendKind } from '../journal/types.ts';

/**
 * What holds a message.
 * - `line_paused`: the line may have been banned; only replies leave.
 * - `quiet_hours`: nobody wants to be written to at this hour.
 * - `unanswered`: so many messages to this conversation were not answered.
 * - `new_conversations_hour`, `new_conversations_day`, `daily_sends`: caps of the line.
 * - `out_in_ratio`: the line writes far more than it is written to.
 * - `pair_rate`: too many to one conversation in a short time.
 * - `line_rate`: one after the other, as a person would.
 */
export const rules = [
  'line_paused',
  'quiet_hours',
  'unanswered',
  'new_conversations_hour',
  'new_conversations_day',
  'daily_sends',
  'out_in_ratio',
  'pair_rate',
  'line_rate',
] as const;
export type Rule = (typeof rules)[number];

/** `until` is the earliest time at which the rule may let it go by itself, in milliseconds since the Unix epoch. */
export interface Held {
  go: false;
  rule: Rule;
  until: number;
  /** Of a rule that caps: its cap and how much of it is used. */
  cap?: number;
  used?: number;
  /** Of a cap: when it begins anew. It may hold longer, into quiet hours. */
  resetsAt?: number;
  /** Of the pace of the line: the shortest pause after each message, in milliseconds. */
  everyMs?: number;
}

export type Decision = { go: true; kind: SendKind } | Held;

/** What the outbox asks before a message leaves. */
export interface Pacer {
  /** Whether the next message of a command may leave now. */
  decide(command: JournaledCommand, now: number): Decision;
  /** What is journaled with the first act of a command: what was learnt of its conversation from chat.db. */
  learnt(command: JournaledCommand): readonly ContactRecord[];
  /** What is journaled when a rule holds a command: a cap that is reached for the first time on a day is told. */
  reached(held: Held, now: number): Pick<JournalChange, 'events' | 'notes'>;
}

/** How far the line is, and how much of its caps is used. Times are milliseconds since the Unix epoch. */
export interface LineUsage {
  off: boolean;
  timezone: string;
  date: string;
  resetsAt: number;
  warmup: { day: number; stage: number; completed: boolean; newConversationCap: number; dailyCap: number };
  sent: number;
  received: number;
  newConversations: number;
  proactive: number;
  newLastHour: number;
  newPerHour: number;
}

/** Commands that count as messages of the line. */
export const isPaced = (command: Command): boolean =>
  command.type === 'message.send' || command.type === 'group.create';
