/** The rows of what Macs tell beside messages. Times are milliseconds since the Unix epoch. */
import type { Readable } from 'node:stream';
import type { Reaction } from '../protocol/common.ts';
import type { AgentEvent, CapabilitiesEvent } from '../protocol/events.ts';
import type { LineStateEvent } from '../protocol/line-events.ts';
import type { Mode } from './types.ts';

/** A file of a message, in its order. */
export interface Attachment {
  messageId: string;
  ordinal: number;
  /** GUID of the attachment in chat.db; null for one that a customer sent and Messages has not named yet. */
  guid: string | null;
  /** Where its bytes are or will be; null for one whose transfer failed. */
  mediaId: string | null;
  name: string;
  mimeType: string | null;
  bytes: number;
  kind: MediaKind;
  state: 'complete' | 'pending' | 'failed';
  /** UTF-16 offset of its U+FFFC in the text; null when the text does not place it. */
  place: number | null;
  /** Number of the part that it is; null when nobody told. */
  part: number | null;
  transcription: string | null;
  /** The media of its rendition, with the name and type of that; null where none is made. */
  renditionId: string | null;
  renditionName: string | null;
  renditionType: string | null;
}

export type MediaKind = 'image' | 'video' | 'audio' | 'file' | 'sticker';

/** Bytes of a file: received by a Mac, or uploaded by a customer. */
export interface Media {
  id: string;
  accountId: string;
  mode: Mode;
  /** The line whose Mac has the file; null for a customer's upload. */
  lineId: string | null;
  /** The command that orders a Mac to upload it; null before, and for a customer's upload. */
  commandId: string | null;
  filename: string;
  mimeType: string;
  bytes: number;
  /** Hex SHA-256; null while it is not known. */
  sha256: string | null;
  kind: MediaKind;
  state: 'pending' | 'stored' | 'failed';
  /** Name in the folder of media, once stored. */
  file: string | null;
  errorCode: string | null;
  createdAt: number;
}

/** The standing tapback of one actor on one part of a message. */
export interface StandingReaction {
  lineId: string;
  targetGuid: string;
  part: number;
  /** The handle of who reacted; for the own user the line's. */
  actor: string;
  direction: 'outbound' | 'inbound';
  reaction: Reaction;
  emoji: string | null;
  at: number;
}

/** A group, known from the first fact about it. */
export interface ChatGroup {
  id: string;
  accountId: string;
  mode: Mode;
  lineId: string;
  conversationId: string;
  name: string | null;
  createdAt: number;
}

/** Somebody other than the line in a group, as far as the Mac told. */
export interface GroupMember {
  groupId: string;
  handle: string;
  addedAt: number;
}

export type CallStatus = 'initiated' | 'ringing' | 'answered' | 'ended' | 'declined' | 'missed' | 'failed';

export interface Call {
  id: string;
  accountId: string;
  mode: Mode;
  lineId: string;
  direction: 'outbound' | 'inbound';
  kind: 'audio' | 'video';
  /** Null when the call history does not tell the other side. */
  from: string | null;
  to: string | null;
  status: CallStatus;
  endReason: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** The command that placed it; null for calls of people. */
  commandId: string | null;
  /** Unique id in the call history; null while no record exists. */
  callUuid: string | null;
  metadata: Record<string, string> | null;
  createdAt: number;
  ringingAt: number | null;
  answeredAt: number | null;
  endedAt: number | null;
  durationSeconds: number;
}

/** What the Mac of a line last told of it. */
export interface LineReport {
  lineId: string;
  state: LineStateEvent | null;
  capabilities: CapabilitiesEvent | null;
  updatedAt: number;
  /** When customers were told that it is offline; null while it is not. */
  offlineSince: number | null;
}

/** How a line was used on one of its local days, as its Mac last told. */
export interface LineUsage {
  lineId: string;
  /** `YYYY-MM-DD`. */
  date: string;
  sent: number;
  received: number;
  newConversations: number;
  /** Sent without being a reply: what the caps count. */
  proactive: number;
  newConversationCap: number;
  /** Most proactive sends of that day. */
  dailyCap: number;
  /** When the day ends. */
  resetsAt: number;
  /** When the Mac told so. */
  at: number;
}

/** What came back for a command that asks for an answer. */
export interface CommandResult {
  commandId: string;
  /** The event that bore it. */
  result: AgentEvent;
  at: number;
}

/** An event that no repetition would make storable: kept for an operator. */
export interface RejectedEvent {
  agentId: string;
  journalId: string;
  seq: number;
  type: string;
  /** Why: code of the error. */
  code: string;
  event: AgentEvent;
  createdAt: number;
}

/** The bytes of media, by names that only the store knows. */
export interface MediaFiles {
  /**
   * Keeps `bytes` of a stream, durable when this resolves. Throws `media_damaged` when it is longer or shorter, or of
   * another SHA-256 (hex) where one is given; nothing is kept then.
   */
  write(
    stream: AsyncIterable<Uint8Array>,
    expected: { bytes: number; sha256?: string | undefined },
  ): Promise<{ file: string; bytes: number; sha256: string }>;
  /** Opens what was kept, to be read once. Throws what the system says. */
  read(file: string): Promise<Readable>;
  remove(file: string): Promise<void>;
}
