import type { Readable } from 'node:stream';
import type { AttachmentObject, ReactionObject } from '../protocol/customer-objects.ts';
import type { LineStateEvent } from '../protocol/line-events.ts';
import type {
  Call,
  CallStatus,
  ChatGroup,
  GroupMember,
  Line,
  LineReport,
  LineUsage,
  Media,
  Message,
  Page,
} from '../store/types.ts';
import type { LineCondition } from './line-condition.ts';
import type { Caller, Repeatable } from './types.ts';

/** What hangs on a message: its files, and the tapbacks that stand on it. */
export interface MessageParts {
  attachments: AttachmentObject[];
  reactions: ReactionObject[];
}

export interface GroupWithMembers {
  group: ChatGroup;
  members: GroupMember[];
}

/** A line with what is known of it. */
export interface KnownLine {
  line: Line;
  /** As customers were last told. */
  condition: LineCondition;
  /** What its Mac last told; undefined while it told nothing. */
  report: LineReport | undefined;
  /** How it was used on this day; null until its Mac has told of it. */
  usage: LineStateEvent['usage'] | null;
  /** Whether its Mac is connected to any bridge of the store. */
  connected: boolean;
  /** When a Mac of it was last there, in milliseconds; null for one that never was. */
  lastSeenAt: number | null;
}

/** Days as `YYYY-MM-DD`. */
export interface UsageDays {
  from?: string | undefined;
  to?: string | undefined;
}

export interface CallQuery {
  direction?: 'outbound' | 'inbound';
  status?: CallStatus;
  lineId?: string;
  /** Either side of the call, as the customer wrote it. */
  participant?: string;
}

/** A request of an agent about the bytes of a file, with what it signed. */
export interface MediaRequest {
  agentId: string;
  mediaId: string;
  commandId: string;
  /** Hex SHA-256 of the bytes. */
  sha256: string;
  signature: string;
}

/** A file that a customer hands over. */
export interface NewMedia {
  filename: string;
  mimeType: string;
  bytes: number;
  content: AsyncIterable<Uint8Array>;
}

/** The use-cases around what Macs tell beside messages. Every rejection is an AppError with a code of `protocol/errors.ts`. */
export interface FactCore {
  /** What hangs on messages of the caller, by their ids. */
  partsOf(messages: readonly Message[]): Promise<Map<string, MessageParts>>;

  getCall(caller: Caller, id: string): Promise<Call>;
  /** Newest first. */
  listCalls(
    caller: Caller,
    filter: CallQuery,
    page: Page,
  ): Promise<{ calls: Call[]; nextCursor: string | null }>;

  getGroup(caller: Caller, id: string): Promise<GroupWithMembers>;
  /** Newest first. */
  listGroups(caller: Caller, page: Page): Promise<{ groups: GroupWithMembers[]; nextCursor: string | null }>;

  /** Every line of the account with what is known of it. */
  describeLines(accountId: string): Promise<KnownLine[]>;
  /**
   * How a line was used on its local days, both included: the 31 up to now unless asked otherwise. Days of which nothing
   * was told are left out. Throws `invalid_parameter_value` for more than 366 days, or none.
   */
  usageOfLine(caller: Caller, lineId: string, days: UsageDays): Promise<LineUsage[]>;

  getMedia(caller: Caller, id: string): Promise<Media>;
  /**
   * The bytes of a file, which the reader must read or destroy. Waits up to 20 seconds for those that are on their way,
   * then throws `media_pending`; `media_unavailable` when they will not come.
   */
  openMedia(caller: Caller, id: string, signal: AbortSignal): Promise<{ media: Media; content: Readable }>;
  /** Keeps a file of a customer. Throws `empty_media`, `media_too_large`, `media_damaged`. */
  addMedia(
    caller: Caller,
    media: NewMedia,
    repeatable?: Repeatable,
  ): Promise<{ media: Media; replayed: boolean }>;

  /** Whether an agent may hand a file over; throws `invalid_agent_signature` or `not_found`. True: it was stored before. */
  expectMedia(request: MediaRequest): Promise<{ stored: boolean }>;
  /** Keeps the bytes that {@link expectMedia} let in; the same bytes again change nothing. Throws `media_damaged`. */
  receiveMedia(request: MediaRequest, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes of a file that a command of the agent sends; throws as {@link expectMedia}. */
  handOverMedia(request: MediaRequest): Promise<{ media: Media; content: Readable }>;
}
