import type { Priority } from '../protocol/commands.ts';
import type { Effect } from '../protocol/common.ts';
import type { EnrolRequest, EnrolResponse } from '../protocol/enrolment.ts';
import type { AgentEvent } from '../protocol/events.ts';
import type { RotationRequest } from '../protocol/rotation.ts';
import type {
  Account,
  Agent,
  Line,
  Message,
  MessageFilter,
  Mode,
  Page,
  StoredCommand,
  TimelineEntry,
  Webhook,
} from '../store/types.ts';
import type { ActionCore } from './action-types.ts';
import type { BanWord } from './ban-line.ts';
import type { FactCore } from './fact-types.ts';
import type { ReadConversation } from './read-conversations.ts';

/** Who asks: an account through one of its keys. */
export interface Caller {
  accountId: string;
  mode: Mode;
}

export interface SendMessageInput {
  /** E.164 number or email as the customer wrote it, or the id of a group. */
  to: string;
  /** Handle or id of a line; chosen when absent. */
  from?: string | undefined;
  /** May be left out beside attachments. */
  text?: string | undefined;
  /** Ids of media, in their order; 10 at most. */
  attachments?: string[] | undefined;
  effect?: Effect | 'invisible' | 'sparkles' | 'hearts' | 'happy_birthday' | undefined;
  /** Id of the message of the same conversation that this one answers. */
  replyTo?: string | undefined;
  /** The one file is a recording of the voice. */
  voiceNote?: boolean | undefined;
  /** Which account of the Mac it leaves by; iMessage, or in a group what the group has, when absent. */
  service?: 'imessage' | 'sms' | 'rcs' | undefined;
  priority?: Priority | undefined;
  /** In so many seconds it is not sent any more. */
  expiresInSeconds?: number | undefined;
  metadata?: Record<string, string> | undefined;
}

/** A request that may come again: its repeat makes nothing new. Unique within account, mode and operation for 24 hours. */
export interface Repeatable {
  /** The customer's Idempotency-Key: 1 to 255 printable ASCII characters. */
  key: string;
  /** Method and path, such as `POST /v1/messages`. */
  operation: string;
}

export interface CreateWebhookInput {
  url: string;
  events?: string[] | undefined;
  description?: string | undefined;
}

export interface AccountWithKeys {
  account: Account;
  /** Shown once; stored hashed. */
  liveKey: string;
  sandboxKey: string;
}

/** A session as its hello asks for it. */
export interface NewSession {
  sessionId: string;
  journalId: string;
  commandAck: number;
  /** The key that signed the hello; the present one where it is left out. */
  publicKey?: string | undefined;
  /** Highest event of the journal, where the agent tells it. */
  eventSeq?: number | undefined;
  /** How far the agent's clock is ahead of this bridge's, in milliseconds, where the agent tells it. */
  clockAheadMs?: number | undefined;
}

/** Wakes whoever waits for work in this process; the store remains the truth. */
export interface Wakeups {
  /** A command was stored for an agent. */
  onCommand(listener: (agentId: string) => void): () => void;
  /** A delivery became due. */
  onDelivery(listener: () => void): () => void;
  /** What is said of the line of an agent changed. */
  onLine(listener: (agentId: string) => void): () => void;
  /** An agent was revoked, or a newer session of it began: others than `sessionId` must close. */
  onSession(listener: (agentId: string, sessionId: string | null) => void): () => void;
}

/** The use-cases of the bridge. Every rejection is an AppError with a code of `protocol/errors.ts`. */
export interface Core extends FactCore, ActionCore {
  createAccount(name: string): Promise<AccountWithKeys>;
  /** A single-use token, good for 15 minutes. */
  createEnrolmentToken(accountId: string): Promise<{ token: string; expiresAt: number }>;
  /** Throws `missing_api_key` or `invalid_api_key`. */
  authenticate(apiKey: string | undefined): Promise<Caller>;

  /**
   * Accepts a message. With an idempotency key, the same request again returns the message of the first (`replayed`), as
   * it stands now, also when both come at once; another request with that key throws `idempotency_conflict`.
   */
  sendMessage(
    caller: Caller,
    input: SendMessageInput,
    repeatable?: Repeatable,
  ): Promise<{ message: Message; timeline: TimelineEntry[]; replayed: boolean }>;
  getMessage(caller: Caller, id: string): Promise<{ message: Message; timeline: TimelineEntry[] }>;
  listMessages(
    caller: Caller,
    filter: Omit<MessageFilter, 'accountId' | 'mode'>,
    page: Page,
  ): Promise<{ messages: Message[]; nextCursor: string | null }>;

  /** Conversations in which something was said, those of the newest messages first. */
  listConversations(
    caller: Caller,
    filter: { participant?: string | undefined },
    page: Page,
  ): Promise<{ conversations: ReadConversation[]; nextCursor: string | null }>;

  /**
   * Registers an endpoint. With an idempotency key, the same request again returns the endpoint of the first
   * (`replayed`), or throws `not_found` when it was deleted since.
   */
  createWebhook(
    caller: Caller,
    input: CreateWebhookInput,
    repeatable?: Repeatable,
  ): Promise<{ webhook: Webhook; replayed: boolean }>;
  getWebhook(caller: Caller, id: string): Promise<Webhook>;
  listWebhooks(caller: Caller): Promise<Webhook[]>;
  deleteWebhook(caller: Caller, id: string, repeatable?: Repeatable): Promise<{ replayed: boolean }>;

  enrolAgent(request: EnrolRequest): Promise<EnrolResponse>;
  revokeAgent(id: string): Promise<void>;
  /**
   * Notes the next key of an agent, announced by the present one. Both are good until a session is opened with the next.
   * Throws `invalid_agent_signature`.
   */
  rotateKey(request: RotationRequest): Promise<void>;
  /** The agent as it stands in the store, revoked or not: its key, its newest session, its highest command. */
  findAgent(id: string): Promise<Agent | undefined>;
  /** Whether the agent has a session with any bridge of the store, as far as the store was told of late. */
  isConnected(agent: Agent): boolean;
  /** Notes that the agent is there; at least every 20 seconds while it is. */
  touchAgent(id: string): Promise<void>;
  listAgents(accountId: string): Promise<Agent[]>;
  findLine(accountId: string, id: string): Promise<Line | undefined>;
  /** Marks a line as banned, or takes that back; the customer and its Mac are told. Throws `not_found`. */
  banLine(accountId: string, lineId: string, word: BanWord): Promise<void>;
  /** The same as a customer asks it, who may ask again. */
  sayBan(
    caller: Caller,
    lineId: string,
    word: BanWord,
    repeatable?: Repeatable,
  ): Promise<{ replayed: boolean }>;
  /**
   * Begins a session of an agent whose signature was checked; older ones are fenced. With another journal than before,
   * what the one before had and did not tell the end of is uncertain from then on, and is not sent again. Throws
   * `journal_behind` for a journal that is older than what is stored of it, `revoked` for an agent that is shut out,
   * `unauthorized` for a key that is another's by now.
   */
  openSession(agentId: string, session: NewSession): Promise<{ agent: Agent; line: Line }>;
  /** Notes that a session has ended, after its last event was stored; nothing happens when a newer one began. */
  closeSession(agentId: string, sessionId: string): Promise<void>;
  /** Stores an event and all that follows from it in one transaction; false when the session is fenced, or seq repeats or jumps. */
  recordEvent(agentId: string, sessionId: string, seq: number, event: AgentEvent): Promise<boolean>;
  /**
   * The same of events that came together, the first with number `seq`; in one transaction where that can be. Returns how
   * many are stored: all, or those before one that was refused.
   */
  recordEvents(
    agentId: string,
    sessionId: string,
    seq: number,
    events: readonly AgentEvent[],
  ): Promise<number>;
  acknowledgeCommands(agentId: string, seq: number): Promise<void>;
  /** Commands above `seq` that are about to be sent to a session; undefined when it is not the newest any more. */
  takeCommands(
    agentId: string,
    sessionId: string,
    seq: number,
    limit: number,
  ): Promise<StoredCommand[] | undefined>;
  /** Commands above `seq`, to look at. */
  commandsAfter(agentId: string, seq: number, limit: number): Promise<StoredCommand[]>;
  /** Ends the wait for commands past their deadline that no agent acknowledged. */
  expireMessages(): Promise<void>;
  /**
   * Tells lines as offline whose Mac is away for longer than 60 seconds, and those as back whose Mac is there again. Call
   * it only after every Mac had that long to connect.
   */
  watchLines(): Promise<void>;

  readonly wakeups: Wakeups;
}
