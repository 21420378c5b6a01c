/**
 * The rows of the store as the rest of the bridge sees them. Times are milliseconds since the Unix epoch.
 * One store serves SQLite and Postgres alike; `test/contract/store.contract.ts` holds both to this file.
 */
import type { Command } from '../protocol/commands.ts';

export type Mode = 'live' | 'sandbox';

export interface Account {
  id: string;
  name: string;
  createdAt: number;
}

export interface ApiKey {
  id: string;
  accountId: string;
  mode: Mode;
  /** Hex SHA-256 of the whole key. */
  hash: string;
  createdAt: number;
  revokedAt: number | null;
}

export interface EnrolmentToken {
  /** Hex SHA-256 of the token. */
  hash: string;
  accountId: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

export interface Line {
  id: string;
  accountId: string;
  /** E.164 number or email from which messages leave. */
  handle: string;
  createdAt: number;
}

export interface Agent {
  id: string;
  accountId: string;
  lineId: string;
  name: string;
  /** Raw ed25519 public key, base64url. */
  publicKey: string;
  createdAt: number;
  revokedAt: number | null;
  /** The journal whose events `eventSeq` counts; null before the first connection. */
  journalId: string | null;
  /** Highest event of that journal that is stored. */
  eventSeq: number;
  /** Highest command number given out. */
  commandSeq: number;
  /** Highest command that the agent acknowledged as durable. */
  commandAck: number;
  /** Newest session; older ones are fenced off. */
  sessionId: string | null;
  lastSeenAt: number | null;
}

export interface Conversation {
  id: string;
  accountId: string;
  mode: Mode;
  lineId: string;
  kind: 'direct' | 'group';
  /** The other handle, or the group's identifier on the Mac. */
  participant: string;
  createdAt: number;
}

export type MessageStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed' | 'received';

export interface Message {
  id: string;
  accountId: string;
  mode: Mode;
  conversationId: string;
  lineId: string;
  direction: 'outbound' | 'inbound';
  from: string;
  to: string;
  text: string;
  status: MessageStatus;
  errorCode: string | null;
  errorMessage: string | null;
  /** Service as chat.db names it, lower-cased; null until it is known. */
  service: string | null;
  /** Message GUID in chat.db; null until the Mac has the row. Unique within a line. */
  guid: string | null;
  metadata: Record<string, string> | null;
  traceId: string;
  createdAt: number;
  sentAt: number | null;
  deliveredAt: number | null;
  readAt: number | null;
}

/** One step of a message's way. */
export interface TimelineEntry {
  messageId: string;
  /** `accepted`, a command state, or a message status. */
  step: string;
  /** Where the step happened. */
  source: 'api' | 'bridge' | 'agent' | 'mac';
  at: number;
  errorCode: string | null;
}

export interface StoredCommand {
  agentId: string;
  seq: number;
  id: string;
  messageId: string | null;
  command: Command;
  createdAt: number;
}

/** What one request with an idempotency key made. */
export interface IdempotencyKey {
  /** Hex SHA-256 of all that the key is unique within, and the key. */
  id: string;
  accountId: string;
  /** Hex SHA-256 of the request that came first. */
  fingerprint: string;
  /** What that request made. */
  resourceId: string;
  createdAt: number;
  expiresAt: number;
}

/** A fact for a customer, as it is delivered: `payload` is the exact JSON text that is posted and signed. */
export interface CustomerEvent {
  id: string;
  accountId: string;
  mode: Mode;
  type: string;
  /** Events of one key reach an endpoint in order while nothing fails. */
  orderingKey: string;
  payload: string;
  createdAt: number;
}

export interface Webhook {
  id: string;
  accountId: string;
  mode: Mode;
  url: string;
  /** Event types, or patterns such as `message.*`; empty means all. */
  events: string[];
  description: string | null;
  /** The whole `whsec_…` string, which is the HMAC key. */
  secret: string;
  enabled: boolean;
  createdAt: number;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed';

export interface Delivery {
  id: string;
  webhookId: string;
  eventId: string;
  orderingKey: string;
  state: DeliveryState;
  /** Attempts made so far. */
  attempts: number;
  nextAttemptAt: number;
  /** A worker owns it until then; null when free. */
  leasedUntil: number | null;
  /** HTTP status of the last answer, null when there was none. */
  lastStatus: number | null;
  createdAt: number;
}

/** A delivery with what is needed to make it. */
export interface DueDelivery {
  delivery: Delivery;
  webhook: Webhook;
  event: CustomerEvent;
}

export interface Page {
  limit: number;
  /** Opaque, from the previous page. */
  cursor: string | undefined;
}

export interface MessageFilter {
  accountId: string;
  mode: Mode;
  direction?: 'outbound' | 'inbound';
  status?: MessageStatus;
  /** Either side of the message. */
  participant?: string;
  lineId?: string;
  /** Created at or after, in milliseconds. */
  since?: number;
  /** Created before, in milliseconds. */
  until?: number;
}

/** Changes of a message that a state of its own row allows; undefined leaves a column as it is. */
export type MessagePatch = Partial<
  Pick<
    Message,
    'status' | 'errorCode' | 'errorMessage' | 'service' | 'guid' | 'sentAt' | 'deliveredAt' | 'readAt'
  >
>;

/** The operations inside one transaction, and outside of any. */
export interface StoreOperations {
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

  insertAgent(agent: Agent): Promise<void>;
  findAgent(id: string): Promise<Agent | undefined>;
  /** The newest agent of a line that is not revoked. */
  findAgentOfLine(lineId: string): Promise<Agent | undefined>;
  /** Revokes every agent of a line that is not revoked yet, before a new one takes its place. */
  revokeAgentsOfLine(lineId: string, now: number): Promise<void>;
  revokeAgent(id: string, now: number): Promise<boolean>;
  listAgents(accountId: string): Promise<Agent[]>;
  /**
   * Starts a session: sets sessionId, and with a new journalId sets eventSeq to 0. Returns the row after it; undefined
   * when there is no such agent that is not revoked.
   */
  openSession(
    agentId: string,
    session: { sessionId: string; journalId: string; now: number },
  ): Promise<Agent | undefined>;
  touchAgent(agentId: string, now: number): Promise<void>;
  /** Raises eventSeq from seq-1 to seq if the session is still the newest; false otherwise (fenced, repeated or gap). */
  advanceEventSeq(agentId: string, sessionId: string, seq: number): Promise<boolean>;
  /** Raises commandAck, to commandSeq at most; never lowers it. */
  advanceCommandAck(agentId: string, seq: number): Promise<void>;

  findOrCreateConversation(conversation: Conversation): Promise<Conversation>;
  /** The line of the newest conversation with a participant, if any. */
  findLineOfParticipant(accountId: string, mode: Mode, participant: string): Promise<Line | undefined>;

  insertMessage(message: Message): Promise<void>;
  findMessage(accountId: string, mode: Mode, id: string): Promise<Message | undefined>;
  findMessageByGuid(lineId: string, guid: string): Promise<Message | undefined>;
  findMessageByCommand(commandId: string): Promise<Message | undefined>;
  updateMessage(id: string, patch: MessagePatch): Promise<void>;
  /** Newest first. */
  listMessages(
    filter: MessageFilter,
    page: Page,
  ): Promise<{ messages: Message[]; nextCursor: string | null }>;
  appendTimeline(entry: TimelineEntry): Promise<void>;
  /** In the order of appending. */
  listTimeline(messageId: string): Promise<TimelineEntry[]>;

  /** Takes the next number of the agent and stores the command; returns it with its number. */
  appendCommand(command: Omit<StoredCommand, 'seq'>): Promise<StoredCommand>;
  /** Commands of an agent above `afterSeq`, in order. */
  listCommands(agentId: string, afterSeq: number, limit: number): Promise<StoredCommand[]>;

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

/** The truth of the bridge. */
export interface Store extends StoreOperations {
  /**
   * Runs `work` in one transaction; its changes are durable when this resolves. `work` uses `tx` alone (the store itself
   * would wait for the transaction to end) and may be run again after a deadlock, so it changes nothing outside of `tx`.
   */
  transaction<T>(work: (tx: StoreOperations) => Promise<T>): Promise<T>;
  /** Throws when the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
