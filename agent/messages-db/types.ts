/** What the rest of the agent sees of chat.db. Times are milliseconds since the Unix epoch. */

/** The conversation of a row: the other handle, or the identifier of a group, without any service prefix. */
export interface ChatRef {
  kind: 'direct' | 'group';
  identifier: string;
}

/** A part of a message. */
export interface MessageTarget {
  guid: string;
  /** 0 where the row names the whole message, as it does for a balloon. */
  part: number;
}

/** Where a part of a message lies in its text; U+FFFC stands for an attachment. In UTF-16 units. */
export interface MessagePart {
  part: number;
  start: number;
  length: number;
  /** GUID of the attachment that stands there. */
  attachment?: string;
}

/** What a stretch of text is; in UTF-16 units. */
export type TextMark = { start: number; length: number } & (
  | { kind: 'mention'; handle: string }
  | { kind: 'link'; url: string }
  | { kind: 'style'; style: 'bold' | 'italic' | 'underline' | 'strikethrough' }
  | { kind: 'effect'; effect: string }
  | { kind: 'code'; code: string }
);

/**
 * A file of a message. `complete`: it is there, whole, at `path`. `failed`: Messages gave up on it. `pending`: it may
 * still come.
 */
export interface Attachment {
  guid: string;
  state: 'complete' | 'pending' | 'failed';
  /** Name that is shown. */
  name: string;
  mime: string | null;
  uti: string | null;
  /** Size of the file, or what Messages announces while it is not there. */
  bytes: number;
  /** Absolute path of a complete file, which lies under Library/Messages. */
  path: string | null;
  sticker?: true;
  /** What a Genmoji was made from. */
  description?: string;
}

/** What an app shows in the conversation. */
export interface AppBalloon {
  bundleId: string;
  /** Our word for it, such as `apple-pay`; `app` for those without one. */
  name: string;
  /** The app's own name. */
  title?: string;
  caption?: string;
  url?: string;
  /** The message that this one updates, such as the poll of a vote. */
  updates?: string;
}

export interface LinkPreview {
  url: string;
  title: string | null;
  summary: string | null;
}

/** A person wrote to this Mac. What a message does not have is absent. */
export interface ReceivedChange {
  kind: 'received';
  guid: string;
  chat: ChatRef | null;
  /** Handle of the sender; empty where neither the row nor its chat tells. */
  from: string;
  /** Own address that it was sent to, where the row tells. */
  line: string | null;
  service: string;
  /** As it was sent, before any edit, where Messages still knows. */
  text: string;
  at: number;
  /** Left out where the text is one part. */
  parts?: MessagePart[];
  marks?: TextMark[];
  subject?: string;
  /** In the order of their places in the text. */
  attachments?: Attachment[];
  /** A reply in a thread. */
  replyTo?: MessageTarget;
  /** Apple's id of a bubble or screen effect. */
  effect?: string;
  audio?: { transcription: string | null };
  /** The bubble that a sticker was put on. */
  sticker?: MessageTarget;
  app?: AppBalloon;
  link?: LinkPreview;
  /** Marked as junk, or from somebody unknown, by Messages. */
  filtered?: 'junk' | 'unknown';
  /**
   * A note to oneself; `from` is an own address. Messages writes one row or two of it, and one of them may be what an
   * act of ours made: its keeper must know those.
   */
  toSelf?: true;
  /** GUIDs of the other rows of that note, as far as they are there. */
  twins?: string[];
}

/** A row that left this Mac reached a new state. Each state of a row is told once, in this order; `failed` is told alone. */
export interface OwnStateChange {
  kind: 'own-state';
  guid: string;
  state: 'sent' | 'delivered' | 'read' | 'failed';
  service: string;
  /** Apple's number, with `failed`. */
  error: number | null;
  at: number;
  /** An iMessage that Messages sent again as SMS. */
  downgraded?: true;
}

/** What the changes of a message by its sender, or by somebody else, have in common. */
interface ChangeOfMessage {
  guid: string;
  chat: ChatRef | null;
  /** Handle of who did it; null for the owner of this Mac. */
  from: string | null;
  /** Own address that it came to or left from. */
  line: string | null;
  service: string;
  at: number;
}

export const tapbackNames = [
  'love',
  'like',
  'dislike',
  'laugh',
  'emphasise',
  'question',
  'emoji',
  'sticker',
] as const;
export type TapbackName = (typeof tapbackNames)[number];

/** A reaction to a part of a message. `guid` is that of the reaction itself. */
export interface TapbackChange extends ChangeOfMessage {
  kind: 'tapback';
  action: 'added' | 'removed';
  tapback: TapbackName;
  emoji?: string;
  target: MessageTarget;
  /** The standing reaction of the same person on the same part that this one takes the place of. */
  replaces?: TapbackName;
  /** The emoji of that one. */
  replacedEmoji?: string;
  attachments?: Attachment[];
}

/** A part of a message got another text. Each version is told once, oldest first. */
export interface EditedChange extends ChangeOfMessage {
  kind: 'edited';
  part: number;
  text: string;
  /** Text of the whole message as it stood when the row was read. */
  whole: string;
  /** Counts the edits of the part from 1. */
  version: number;
  /** Texts of the part up to this one, the original first; this one alone where Messages keeps no history. */
  history: { text: string; at: number }[];
}

/** Parts of a message were taken back. */
export interface UnsentChange extends ChangeOfMessage {
  kind: 'unsent';
  /** Null when nothing is left of the message. */
  parts: number[] | null;
  /** Text of what is left. */
  whole: string;
}

/** An attachment that was told as pending is complete or failed now, or Messages heard later what a voice note says. */
export interface AttachmentChange {
  kind: 'attachment';
  /** GUID of the message. */
  guid: string;
  attachment: Attachment;
  transcription?: string;
  at: number;
}

/** The preview of a link came after its message. */
export interface LinkChange {
  kind: 'link';
  guid: string;
  link: LinkPreview;
  at: number;
}

/** Something about a group changed. `guid` is that of the note itself. */
export interface GroupChange extends ChangeOfMessage {
  kind: 'group';
  change: 'renamed' | 'photo-set' | 'photo-removed' | 'added' | 'removed' | 'left';
  /** Who was added, removed, or left; absent for the owner of this Mac. */
  member?: string;
  /** With `renamed`; null when the name was taken away. */
  name?: string | null;
}

export type MessageChange =
  | ReceivedChange
  | OwnStateChange
  | TapbackChange
  | EditedChange
  | UnsentChange
  | AttachmentChange
  | LinkChange
  | GroupChange;

/**
 * What the tail must find again after a crash: a cursor and the last seen state of rows that can still change.
 * Opaque to its keeper, who saves a patch in the same transaction as what the changes became.
 */
export interface TailMemory {
  cursor: string | null;
  entries: ReadonlyMap<string, string>;
}

export interface TailMemoryPatch {
  cursor: string;
  remember: ReadonlyArray<readonly [key: string, value: string]>;
  forget: readonly string[];
}

export interface ChangeBatch {
  changes: MessageChange[];
  memory: TailMemoryPatch;
}

/** An outgoing row that may be the proof of a send. */
export interface OwnRow {
  rowid: number;
  guid: string;
  chat: ChatRef | null;
  service: string;
  text: string;
  at: number;
  error: number;
}

/** Read-only access to chat.db. */
export interface MessagesDb {
  /** Highest ROWID of `message` ever given out in this file. */
  highWater(): number;
  /** Outgoing rows above a ROWID, oldest first, with their decoded text. */
  ownRowsAfter(rowid: number): OwnRow[];
  /**
   * Changes as they come, in ROWID order, until `signal` aborts. A batch counts as taken when the next one is asked for.
   * Survives a locked, swapped, rebuilt or missing file.
   */
  changes(signal: AbortSignal): AsyncIterable<ChangeBatch>;
  /** The own address that most messages of late came to or left from; null when no row tells. */
  ownHandle(): string | null;
  close(): void;
}
