import type { Command } from '../../bridge/protocol/commands.ts';
import type { AgentEvent, CommandStateEvent } from '../../bridge/protocol/events.ts';
import type { AppError } from '../../bridge/runtime/app-error.ts';

export type CommandState = CommandStateEvent['state'];

export interface CommandError {
  code: string;
  message: string;
  /** Apple's number, where there was one. */
  apple?: number;
}

/** A command as the journal knows it. Times are milliseconds since the Unix epoch on this Mac's clock. */
export interface JournaledCommand {
  id: string;
  /** Number that the bridge gave it. */
  seq: number;
  /** The order itself; null once it is finished and the bridge knows. */
  command: Command | null;
  /** Commands of one conversation are carried out in order; empty once the order is erased. */
  conversation: string;
  state: CommandState;
  /** Acts begun so far. */
  attempts: number;
  /** The newest act. */
  actId: string | null;
  /** Number of the act that is next or under way, from 0: a text with two files takes three. */
  part: number;
  /** What was read before that act, to know its effect afterwards: whatever the outbox put there. */
  known: Readonly<Record<string, unknown>> | null;
  /** The rule that holds it as it was told, and until when at the earliest, while it is paced. */
  paced: { rule: string; until: number } | null;
  /** 0 is the most urgent. Inherited from later commands of the same conversation, which wait for it. */
  priority: number;
  /** When it arrived. */
  queuedAt: number;
  /** Highest ROWID of chat.db before that act. */
  highWater: number | null;
  actedAt: number | null;
  /** Not to be acted on before. */
  notBefore: number;
  /** Deadline, translated from the bridge's clock when the command arrived. */
  expiresAt: number;
  /** GUID of the row that proves the first act. */
  guid: string | null;
  error: CommandError | null;
  updatedAt: number;
}

export type CommandPatch = Partial<
  Pick<
    JournaledCommand,
    | 'state'
    | 'attempts'
    | 'actId'
    | 'part'
    | 'known'
    | 'paced'
    | 'highWater'
    | 'actedAt'
    | 'notBefore'
    | 'guid'
    | 'error'
  >
> & {
  /** Not to be looked at again before, unless something frees it. */
  heldUntil?: number;
};

/** A command as it arrived, with its deadline on this Mac's clock. */
export interface ArrivedCommand {
  seq: number;
  command: Command;
  expiresAt: number;
}

/** A state of an own row whose command is not known yet. */
export interface KeptState {
  guid: string;
  state: 'sent' | 'delivered' | 'read' | 'failed';
  service: string;
  error: number | null;
  at: number;
  /** It left as SMS or RCS although it began as iMessage. */
  downgraded: boolean;
}

/** What a tail must find again: see its own types. */
interface TailPatch {
  cursor: string;
  remember: ReadonlyArray<readonly [key: string, value: string]>;
  forget: readonly string[];
}

/** A row of chat.db proves one act of a command. */
export interface Proof {
  commandId: string;
  /**
   * Which states of the row are told as those of the command's message: `all` of its last row; of the rows before it
   * that they `failed`; `none` of a row that is no message.
   */
  tells: 'all' | 'failed' | 'none';
}

/** How a send counts for the caps of its line: see agent/pacing. */
export type SendKind = 'new' | 'follow_up' | 'reply';

/** A message whose sending was begun. */
export interface SentRecord {
  at: number;
  commandId: string;
  part: number;
  conversation: string;
  kind: SendKind;
}

/** When something last came from, and went to, a conversation. */
export interface ContactRecord {
  conversation: string;
  lastInAt: number | null;
  lastOutAt: number | null;
}

/** What Messages made of a message to a single handle. `error` is Apple's number, 0 for none. */
export interface SendOutcome {
  at: number;
  delivered: boolean;
  error: number;
}

/** Everything that becomes durable in one transaction. */
export interface JournalChange {
  /** Time of the change, milliseconds since the Unix epoch. */
  at: number;
  /** Before all else becomes a new journal to the bridge: a new id, and the events not yet acknowledged counted from 1. */
  anew?: true;
  events?: readonly AgentEvent[];
  commands?: ReadonlyArray<{ id: string; patch: CommandPatch }>;
  memory?: TailPatch;
  /** What the tail of the call history must find again. */
  callsMemory?: TailPatch;
  /** Rows of chat.db that prove acts of commands. */
  proofs?: ReadonlyArray<{ guid: string } & Proof>;
  /** Messages whose sending begins with this change. */
  sent?: readonly SentRecord[];
  /** When acts ended: by then their messages had left, and from then on they count. */
  ended?: ReadonlyArray<{ commandId: string; part: number; at: number }>;
  /** Acts that turned out not to have begun: their messages do not count. */
  unsent?: ReadonlyArray<{ commandId: string; part: number }>;
  /** Messages that came, which may free commands that are held. */
  received?: ReadonlyArray<{ at: number; conversation: string }>;
  /** Messages to single handles that are in chat.db, and what Messages made of them since. */
  outcomes?: ReadonlyArray<{
    guid: string;
    at: number;
    /** `by_other_service`: it says nothing of iMessage. */
    state: 'sent' | 'delivered' | 'failed' | 'by_other_service';
    error: number;
  }>;
  /** Conversations whose past is known from elsewhere. */
  contacts?: readonly ContactRecord[];
  /** Words to remember by name. */
  notes?: Readonly<Record<string, string>>;
  /** States to keep until a command claims their row. */
  keep?: readonly KeptState[];
  /** GUIDs whose kept states are no longer needed, or all of them. */
  drop?: readonly string[] | 'all';
}

export interface JournaledEvent {
  seq: number;
  event: AgentEvent;
}

export interface JournalCounts {
  unacknowledgedEvents: number;
  commands: Record<CommandState, number>;
  /** When the newest `message.received` was journaled; null before the first. */
  lastReceivedAt: number | null;
}

/** What the journal remembers of the line's messages, for a month. Times are milliseconds since the Unix epoch. */
export interface LineRecords {
  contact(conversation: string): ContactRecord | undefined;
  /** When the newest message began to be sent. */
  lastSentAt(): number | null;
  /** Commands whose sending began at or after a time: all, those that were no replies, those that began a conversation. */
  countsSince(at: number): { sent: number; proactive: number; newConversations: number };
  /** When conversations were begun at or after a time, oldest first. */
  newSince(at: number): number[];
  proactiveSince(at: number): number;
  /** When commands that were no replies began to be sent at or after a time, oldest first. */
  proactiveTimes(at: number): number[];
  /** When messages to a conversation were sent at or after a time, oldest first: all parts of each, or the first alone. */
  sentTo(conversation: string, since: number, parts?: 'all' | 'first'): number[];
  /** How many messages came at or after a time. */
  receivedSince(at: number): number;
  /** When messages came at or after a time, oldest first. */
  receivedTimes(at: number): number[];
  /** What became of messages to single handles since a time, oldest first. */
  outcomesSince(at: number): SendOutcome[];
  /** Forgets messages before a time. Throws as {@link Journal} does. */
  forgetBefore(at: number): void;
}

/**
 * The agent's own truth, durable when each call returns (`synchronous=FULL`).
 * Every method may throw an AppError `journal_unavailable` or `disk_full`; what it would have changed is then unchanged.
 */
export interface Journal {
  /** Random identity of this file; its events count from 1 without gaps. */
  id(): string;
  record(change: JournalChange): void;

  /** Highest command number up to which all are durable here. */
  commandAck(): number;
  /** Raises commandAck to where the bridge resumes: commands before it belong to an earlier journal. Never lowers it. */
  resumeCommandsAt(seq: number): void;
  /**
   * Journals commands as queued, with their first `command.state`, and raises commandAck; numbers already seen and
   * ids already known are left alone. Throws `bad_frame` at a gap. Returns how many were new.
   */
  acceptCommands(arrived: readonly ArrivedCommand[], at: number): number;
  command(id: string): JournaledCommand | undefined;
  /** Commands in one of the states, in the bridge's order. */
  commandsIn(states: readonly CommandState[], limit?: number): JournaledCommand[];
  /** What a row of chat.db is known to prove. */
  proofOf(guid: string): Proof | undefined;
  /**
   * Waiting commands that are due, not held, and whose conversation has nothing before them under way: the most urgent
   * first, then in the bridge's order; or, with `oldest`, in the bridge's order alone; or, with `unpaced`, those that
   * are no messages. At most `limit`, of those that come behind `after`.
   */
  candidates(
    now: number,
    limit: number,
    which?: 'oldest' | 'unpaced',
    after?: Pick<JournaledCommand, 'priority' | 'seq'>,
  ): JournaledCommand[];
  /** When the next waiting command falls due, is held no longer, or expires, if any is waiting for time. */
  nextQueuedChange(now: number): number | undefined;
  /** Lets every held command be looked at anew. */
  releaseHeld(): void;
  /**
   * Messages that would leave if the line were free, of which the pace of the line was not told, or was told and has
   * passed; with how many leave before each, `least` and more.
   */
  waitingForLine(
    now: number,
    least: number,
    limit: number,
  ): Array<{ command: JournaledCommand; before: number }>;
  /** Messages behind one of their conversation that is held, of which that was not told; with what holds it. */
  waitingBehindHeld(
    limit: number,
  ): Array<{ command: JournaledCommand; paced: { rule: string; until: number } }>;
  /**
   * Whether messages, or acts that nothing proves yet, are dated ahead of a clock that was set back: `setBack` makes them
   * count as of now, and lets every waiting command be looked at anew, with a deadline that is as much sooner.
   */
  isAhead(now: number): boolean;
  setBack(now: number, byMs: number): void;
  /** Puts the deadlines of waiting commands right, which the bridge gave by its clock: so many milliseconds ahead. */
  dateDeadlines(bridgeAheadMs: number): void;
  /** Waiting commands whose deadline has passed. */
  expiredCommands(now: number, limit: number): JournaledCommand[];
  /** Acts that have ended and whose commands are not erased yet: their own files are no longer needed. */
  endedActs(): string[];
  /** Highest ROWID of chat.db before any act that is remembered, 0 where there is none. */
  highestMark(): number;
  keptStates(guid: string): KeptState[];
  /** What pacing and health go by. */
  readonly records: LineRecords;
  /** A word that was remembered by {@link JournalChange.notes}. */
  note(name: string): string | undefined;

  /** Highest event number ever given out in this journal. */
  lastEventSeq(): number;
  /** The same when the file was opened: less than what the bridge has, if the file is an older copy that was put back. */
  readonly openedAt: number;
  /** Events above `seq`, in order. */
  eventsAfter(seq: number, limit: number): JournaledEvent[];
  /** The same as the JSON that was journaled. */
  eventTextsAfter(seq: number, limit: number): Array<{ seq: number; text: string }>;
  /** Forgets events up to `seq`, and erases the orders of commands whose end is thereby known to the bridge. */
  acknowledgeEvents(seq: number): void;
  /** Calls `listener` after each change that appended events. Returns how to stop. */
  onEvents(listener: () => void): () => void;

  /**
   * Daily care: forgets commands that were finished and erased before `before` (milliseconds since the Unix epoch), and
   * damaged journals that were set aside before it, and gives free pages back to the disk.
   */
  upkeep(before: number): void;
  /** Why the last write failed; undefined once one succeeded again. */
  failure(): AppError | undefined;
  tailMemory(): { cursor: string | null; entries: Map<string, string> };
  /** What the tail of the call history saved last. */
  callsMemory(): { cursor: string | null; entries: Map<string, string> };
  counts(): JournalCounts;
  close(): void;
}
