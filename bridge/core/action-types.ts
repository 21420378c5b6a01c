import type { Call, ChatGroup, GroupMember, LineOperation, Message, TimelineEntry } from '../store/types.ts';
import type { Caller, Repeatable } from './types.ts';

/** A message with its way, and with what was asked of it since. */
export interface FollowedMessage {
  message: Message;
  timeline: TimelineEntry[];
  /** Oldest first. */
  operations: LineOperation[];
}

/** What asking something of a message led to. */
export interface ActedMessage extends FollowedMessage {
  /** The one that was asked for, or that already stood for it; null when the Mac needed none. */
  operation: LineOperation | null;
  /** False when it was as wanted, or on its way there, before. */
  begun: boolean;
  replayed: boolean;
}

export interface Accepted {
  operation: LineOperation;
  replayed: boolean;
}

export interface ReactInput {
  messageId: string;
  /** A tapback, `-` and a tapback to take it away, an emoji, or `emoji` with `emoji`. */
  reaction: string;
  emoji?: string | undefined;
  action?: 'add' | 'remove' | undefined;
  /** 0 when absent. */
  partIndex?: number | undefined;
}

export interface ConversationInput {
  /** The other handle, or the id of a group. */
  participant: string;
  /** Handle or id of a line; that of the newest conversation with the participant when absent. */
  from?: string | undefined;
}

export interface CreateGroupInput {
  /** Two to 31 handles, as the customer wrote them. */
  participants: string[];
  text: string;
  /** Nobody can name a group from a Mac yet: refused. */
  name?: string | undefined;
  from?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** A group that a customer asked for. */
export interface NewGroup {
  group: ChatGroup;
  members: GroupMember[];
  /** Its first message. */
  message: Message;
  operation: LineOperation;
  replayed: boolean;
}

export interface StartCallInput {
  to: string;
  from?: string | undefined;
  type: 'audio' | 'video';
  /** How long it may ring, 5 to 120; left out, 45 where the Mac can tell that it still rings. */
  ringTimeoutSeconds?: number | undefined;
  metadata?: Record<string, string> | undefined;
}

/** What is known of one handle that was asked for. */
export interface LookedUp {
  /** As the customer wrote it when it is no handle, else in its stored form. */
  phoneNumber: string;
  valid: boolean;
  /** Null when nobody can tell. */
  imessage: boolean | null;
  source: 'history' | 'ids_cache' | 'send_error' | 'none';
  /** When the evidence is from, in milliseconds. */
  seenAt: number | null;
  /** When the Mac said so, in milliseconds, and whether that was for an earlier request. */
  checkedAt: number;
  cached: boolean;
  error: { code: string; message: string } | null;
}

export interface LookUpInput {
  phoneNumbers: string[];
  from?: string | undefined;
}

/** What can be asked of a line beside sending. Every rejection is an AppError with a code of `protocol/errors.ts`. */
export interface ActionCore {
  /** What was asked of messages of the caller, oldest first. */
  operationsOf(messageId: string): Promise<LineOperation[]>;
  /** Those that make these groups. */
  operationsOfGroups(groupIds: readonly string[]): Promise<LineOperation[]>;
  getOperation(caller: Caller, id: string): Promise<LineOperation>;

  /** Orders another text for an own message. */
  editMessage(caller: Caller, id: string, text: string, repeatable?: Repeatable): Promise<ActedMessage>;
  /** Orders that an own message be taken back. */
  unsendMessage(caller: Caller, id: string, repeatable?: Repeatable): Promise<ActedMessage>;
  /** Orders a tapback, or its removal. */
  reactToMessage(caller: Caller, input: ReactInput, repeatable?: Repeatable): Promise<ActedMessage>;

  setTyping(
    caller: Caller,
    input: ConversationInput & { state: 'on' | 'off' },
    repeatable?: Repeatable,
  ): Promise<Accepted>;
  markRead(caller: Caller, input: ConversationInput, repeatable?: Repeatable): Promise<Accepted>;

  /** Orders a group with its first message. It is pending until the Mac has made it. */
  createGroup(caller: Caller, input: CreateGroupInput, repeatable?: Repeatable): Promise<NewGroup>;

  startCall(
    caller: Caller,
    input: StartCallInput,
    repeatable?: Repeatable,
  ): Promise<{ call: Call; replayed: boolean }>;
  /** Orders the end of a call; nothing is ordered for one that has ended (`begun` is false). */
  endCall(
    caller: Caller,
    id: string,
    repeatable?: Repeatable,
  ): Promise<{ call: Call; operation: LineOperation | null; begun: boolean; replayed: boolean }>;

  /** Asks a Mac what it knows of handles, and waits for its answer for some seconds. */
  lookUp(
    caller: Caller,
    input: LookUpInput,
    repeatable?: Repeatable,
  ): Promise<{ results: LookedUp[]; answeredAt: number; replayed: boolean }>;
}
