/**
 * The rows of the store as the rest of the bridge sees them. Times are milliseconds since the Unix epoch.
 * One store serves SQLite and Postgres alike; `test/contract/store.contract.ts` holds both to this file.
 */
import type { Command } from '../protocol/commands.ts';
import type { Effect } from '../protocol/common.ts';
import type { AppObject } from '../protocol/customer-objects.ts';
import type { TextRun } from '../protocol/message-events.ts';
import type { Operations } from './operations.ts';

export type { LineOperation } from './action-rows.ts';
export type {
  Attachment,
  Call,
  CallStatus,
  ChatGroup,
  CommandResult,
  GroupMember,
  LineReport,
  LineUsage,
  Media,
  MediaFiles,
  MediaKind,
  RejectedEvent,
  StandingReaction,
} from './fact-rows.ts';

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
  /** An operator called it banned then, and why; null while nobody does. */
  bannedAt: number | null;
  banReason: string | null;
}

export interface Agent {
  id: string;
  accountId: string;
  lineId: string;
  name: string;
  /** Raw ed25519 public key, base64url. */
  publicKey: string;
  /** The key that it announced to go on with; null while there is none. */
  nextPublicKey: string | null;
  createdAt: number;
  revokedAt: number | null;
  /** The journal whose events `eventSeq` counts; null before the first connection. */
  journalId: string | null;
  /** Highest event of that journal that is stored. */
  eventSeq: number;
  /** Highest command number given out. */
  commandSeq: number;
  /** Highest command that was ever about to be sent to a session: those above it never left the bridge. */
  commandSent: number;
  /** Highest command that the agent acknowledged as durable. */
  commandAck: number;
  /** Newest session; older ones are fenced off. */
  sessionId: string | null;
  lastSeenAt: number | null;
  /** How far its clock was ahead of the bridge's at its last hello that told, in milliseconds. */
  clockAheadMs: number;
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

/** A conversation with what was said in it. Times are null where nothing of the kind was said. */
export interface KnownConversation {
  conversation: Conversation;
  messageCount: number;
  inboundCount: number;
  outboundCount: number;
  firstMessageAt: number | null;
  lastMessageAt: number | null;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
  lastMessageId: string;
}

export type MessageStatus =
  | 'scheduled'
  | 'queued'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'failed'
  | 'canceled'
  | 'unsent'
  | 'received';

/** A part of a message by the API's id, null when it is no message of the bridge, and by the Mac's name. */
export interface NamedPart {
  messageId: string | null;
  guid: string;
  part: number;
}

/** What a message may have beside its text. A field is absent where it does not apply. */
export interface MessageDetails {
  /** In UTF-16 units of the text. */
  runs?: TextRun[];
  /** `messageId` is null when the target is no message of the bridge. */
  replyTo?: NamedPart;
  /** The part of a message that a sticker was put on. */
  stickerOn?: NamedPart;
  subject?: string;
  /** Its text was longer than the Mac tells. */
  truncated?: true;
  effect?: Effect;
  voiceNote?: true;
  app?: AppObject;
  filtered?: 'junk' | 'unknown_sender';
  /** Its command waits on the Mac: for which rule, and until when at the earliest (milliseconds). */
  paced?: { rule: string; until: number };
  /** Written by the own user to themself. */
  toSelf?: true;
  /** Told because somebody asked for history. */
  backfill?: true;
  /** Nobody knows whether it was sent: since when (milliseconds), and why. */
  uncertain?: { since: number; reason: string };
  /** It left as SMS or RCS although it began as iMessage. */
  downgraded?: true;
  /** Apple's number of the failure. */
  appleError?: number;
  /** Texts of the parts that were edited, first to last. */
  history?: { part: number; text: string; at: string }[];
  /** Parts that were taken back while others stayed. */
  unsentParts?: number[];
}

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
  groupId: string | null;
  editCount: number;
  editedAt: number | null;
  /** When the whole message was taken back. */
  unsentAt: number | null;
  details: MessageDetails;
}

/** A row of chat.db that a message has beside its first one: a file that was sent with a text, or with another file. */
export interface MessageRow {
  lineId: string;
  /** As in chat.db. */
  guid: string;
  messageId: string;
  /** Number of the part that it is, from 1: the first row is part 0. */
  part: number;
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
  groupId?: string;
  /** Words that must all occur in the text. */
  words?: string[];
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
    | 'status'
    | 'errorCode'
    | 'errorMessage'
    | 'service'
    | 'guid'
    | 'sentAt'
    | 'deliveredAt'
    | 'readAt'
    | 'text'
    | 'editCount'
    | 'editedAt'
    | 'unsentAt'
    | 'details'
  >
>;

/** The operations inside one transaction, and outside of any. */
export type StoreOperations = Operations;

/** Words between the processes of one store, where its database carries them. Any of them may be lost. */
export interface Signals {
  /** Says something of less than 8,000 bytes to all who listen, this process too. */
  signal(text: string): void;
  /** Calls the listener with what is said from now on; returns how to stop that. */
  onSignal(listener: (text: string) => void): () => void;
}

/** The truth of the bridge. */
export interface Store extends StoreOperations, Signals {
  /**
   * Runs `work` in one transaction; its changes are durable when this resolves. `work` uses `tx` alone (the store itself
   * would wait for the transaction to end) and may be run again after a deadlock, so it changes nothing outside of `tx`.
   */
  transaction<T>(work: (tx: StoreOperations) => Promise<T>): Promise<T>;
  /** Throws when the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
