import type { Command } from '../protocol/commands.ts';
import type { ActionOperations } from './action-operations.ts';
import type { FactOperations } from './fact-operations.ts';
import type { MediaOperations } from './media-operations.ts';
import type {
  Account,
  Agent,
  ApiKey,
  Conversation,
  CustomerEvent,
  Delivery,
  DeliveryState,
  DueDelivery,
  EnrolmentToken,
  IdempotencyKey,
  KnownConversation,
  Line,
  Message,
  MessageFilter,
  MessagePatch,
  MessageRow,
  Mode,
  Page,
  StoredCommand,
  TimelineEntry,
  Webhook,
} from './types.ts';

/** The operations of the store, which throw `row_refused` for a row that breaks a rule of the database: inside one transaction and outside of any. */
export interface Operations extends ActionOperations, FactOperations, MediaOperations {
  insertAccount(account: Account): Promise<void>;
  listAccounts(): Promise<Account[]>;
  /** Keeps other transactions that ask for the same account waiting until this one ends: for rules over many rows. */
  lockAccount(id: string): Promise<Account | undefined>;
  insertApiKey(key: ApiKey): Promise<void>;
  findApiKey(hash: string): Promise<ApiKey | undefined>;

  insertEnrolmentToken(token: EnrolmentToken): Promise<void>;
  /** Marks an unused, unexpired token as used and returns it; undefined when there is none: one caller wins. */
  useEnrolmentToken(hash: string, now: number): Promise<EnrolmentToken | undefined>;

  insertLine(line: Line): Promise<void>;
  findLineByHandle(accountId: string, handle: string): Promise<Line | undefined>;
  findLine(accountId: string, id: string): Promise<Line | undefined>;
  listLines(accountId: string): Promise<Line[]>;
  /** Notes that an operator calls a line banned, or with nulls that nobody does. */
  markBanned(id: string, mark: Pick<Line, 'bannedAt' | 'banReason'>): Promise<void>;

  insertAgent(agent: Agent): Promise<void>;
  findAgent(id: string): Promise<Agent | undefined>;
  /** The newest agent of a line that is not revoked. */
  findAgentOfLine(lineId: string): Promise<Agent | undefined>;
  /** Revokes every agent of a line that is not revoked yet, before a new one takes its place. */
  revokeAgentsOfLine(lineId: string, now: number): Promise<void>;
  revokeAgent(id: string, now: number): Promise<boolean>;
  listAgents(accountId: string): Promise<Agent[]>;
  /**
   * Starts a session: sets sessionId, and with a new journalId sets eventSeq to 0. With the key that opens it, which has to
   * be the present or the next one, the next one becomes the present. Returns the row after it; undefined when there is no
   * such agent that is not revoked and has the key. Where `clockAheadMs` is told, it is kept.
   */
  openSession(
    agentId: string,
    session: {
      sessionId: string;
      journalId: string;
      publicKey?: string | undefined;
      clockAheadMs?: number | undefined;
      now: number;
    },
  ): Promise<Agent | undefined>;
  /** Notes the next key of an agent whose present one is still `present`, and that is not revoked; false otherwise. */
  setNextKey(agentId: string, keys: { present: string; next: string }): Promise<boolean>;
  /** Ends a session if it is still the newest. */
  closeSession(agentId: string, sessionId: string): Promise<void>;
  touchAgent(agentId: string, now: number): Promise<void>;
  /** Raises eventSeq from seq-1 to seq if the session is still the newest; false otherwise (fenced, repeated or gap). */
  advanceEventSeq(agentId: string, sessionId: string, seq: number): Promise<boolean>;
  /** Raises commandAck, to commandSeq at most; never lowers it. */
  advanceCommandAck(agentId: string, seq: number): Promise<void>;

  findOrCreateConversation(conversation: Conversation): Promise<Conversation>;
  /** Conversations in which something was said, those of the newest messages first; those with a participant alone. */
  listConversations(
    filter: { accountId: string; mode: Mode; participant?: string | undefined },
    page: Page,
  ): Promise<{ conversations: KnownConversation[]; nextCursor: string | null }>;
  /** The line of the newest conversation with a participant, if any. */
  findLineOfParticipant(accountId: string, mode: Mode, participant: string): Promise<Line | undefined>;

  insertMessage(message: Message): Promise<void>;
  findMessage(accountId: string, mode: Mode, id: string): Promise<Message | undefined>;
  findMessageByGuid(lineId: string, guid: string): Promise<Message | undefined>;
  findMessageByCommand(commandId: string): Promise<Message | undefined>;
  /** The message of a GUID on a line, which no other transaction changes before this one ends. */
  lockMessageByGuid(lineId: string, guid: string): Promise<Message | undefined>;
  /** Keeps a row of a message beside its first; nothing happens when the row is known. */
  addMessageRow(row: MessageRow): Promise<void>;
  findMessageRow(lineId: string, guid: string): Promise<MessageRow | undefined>;
  /** Of each message in the order of the parts. */
  listMessageRows(messageIds: readonly string[]): Promise<MessageRow[]>;
  updateMessage(id: string, patch: MessagePatch): Promise<void>;
  /** Whether somebody wrote in a conversation at or after `since`. */
  hasInboundSince(conversationId: string, since: number): Promise<boolean>;
  /**
   * Newest first. With `words` a page looks through 10,000 messages at most, so that it may hold few or none while
   * `nextCursor` leads on. Only ASCII letters are compared without case on SQLite.
   */
  listMessages(
    filter: MessageFilter,
    page: Page,
  ): Promise<{ messages: Message[]; nextCursor: string | null }>;
  appendTimeline(entry: TimelineEntry): Promise<void>;
  /** In the order of appending. */
  listTimeline(messageId: string): Promise<TimelineEntry[]>;

  /**
   * Takes the next number of the agent and stores the command; returns it with its number. Throws `no_line_available`
   * for an agent that was revoked.
   */
  appendCommand(command: Omit<StoredCommand, 'seq'>): Promise<StoredCommand>;
  findCommand(id: string): Promise<StoredCommand | undefined>;
  /** Commands of an agent above `afterSeq`, in order. */
  listCommands(agentId: string, afterSeq: number, limit: number): Promise<StoredCommand[]>;
  /**
   * The same for the newest session of the agent, which is about to send them: raises commandSent. Undefined when the
   * session is not the newest any more.
   */
  takeCommands(
    agentId: string,
    sessionId: string,
    afterSeq: number,
    limit: number,
  ): Promise<StoredCommand[] | undefined>;
  /** Gives commands that were never sent to another agent, behind those that it has; returns how many. */
  moveUnsentCommands(fromAgentId: string, toAgentId: string): Promise<number>;
  /** Commands that were sent to an agent and of which nobody told the end, in order; those that are uncertain too. */
  listOpenCommands(agentId: string): Promise<StoredCommand[]>;
  /**
   * Commands past their deadline that are not settled, each with its agent; both stay as they are until the transaction
   * ends. Those that another transaction looks at are left out.
   */
  lockOverdueCommands(now: number, limit: number): Promise<{ command: StoredCommand; agent: Agent }[]>;
  /** The bridge waits for the command no more; a command given here takes the place of the stored one. */
  settleCommand(id: string, now: number, command?: Command): Promise<void>;

  /**
   * Keeps a key for the resource that the transaction makes, unless it is held; returns whoever holds it now. A key that
   * another transaction is about to take is waited for; one whose time is over is free.
   */
  reserveIdempotencyKey(reservation: IdempotencyKey): Promise<IdempotencyKey>;

  insertWebhook(webhook: Webhook): Promise<void>;
  findWebhook(accountId: string, mode: Mode, id: string): Promise<Webhook | undefined>;
  listWebhooks(accountId: string, mode: Mode): Promise<Webhook[]>;
  /** Deletes it and its deliveries that are still pending. */
  deleteWebhook(accountId: string, mode: Mode, id: string): Promise<boolean>;

  /** Stops an endpoint that said that it is gone: disables it and ends its pending deliveries as failed. */
  disableWebhook(id: string): Promise<void>;

  insertEvent(event: CustomerEvent): Promise<void>;
  insertDelivery(delivery: Delivery): Promise<void>;
  /**
   * Leases due deliveries, those that waited longest first, at most one per (webhook, orderingKey): the first-born of
   * those that were never attempted comes before the later ones of its key, also while it is leased; one that already
   * failed does not hold up the rest. Deliveries of `skipWebhooks` are left alone.
   */
  leaseDueDeliveries(
    now: number,
    leaseMs: number,
    limit: number,
    skipWebhooks?: readonly string[],
  ): Promise<DueDelivery[]>;
  /** Earliest time at which something may be due, or undefined when nothing is pending. */
  nextDeliveryAt(): Promise<number | undefined>;
  /** Notes how an attempt ended and ends the lease. */
  finishDelivery(
    id: string,
    result: { state: DeliveryState; attempts: number; nextAttemptAt: number; lastStatus: number | null },
  ): Promise<void>;
}
