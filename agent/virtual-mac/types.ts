/** Releases of macOS whose chat.db the virtual Mac can be. */
export const macosReleases = ['12', '13', '14', '15', '26', '27'] as const;
export type MacosRelease = (typeof macosReleases)[number];

/** What an iPhone may relay for its Mac. */
export const relayedServices = ['SMS', 'RCS'] as const;
export type RelayedService = (typeof relayedServices)[number];

/** A row that Messages wrote. */
export interface WrittenRow {
  rowid: number;
  guid: string;
}

/** Where a message stands: a person's handle, or the identifier of a group. */
export type ChatTarget = { handle: string } | { group: string };

/** A chat as its row in chat.db names it. */
export interface NamedChat {
  target: ChatTarget;
  service: string;
}

/** Who did something: the owner of the Mac, or a handle. */
export type Actor = 'me' | { handle: string };

/** Keys and values of attributedBody, such as a confirmed mention. */
type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A part of a message; `attributes` are those of all of its text, `runs` those of stretches of it. */
export type MessagePart =
  | { kind: 'text'; text: string; attributes?: Attributes; runs?: readonly TextStretch[] }
  | { kind: 'attachment' };

/** A stretch of the text of a part, in UTF-16 units; those of one part come in order and do not overlap. */
export interface TextStretch {
  start: number;
  length: number;
  attributes: Attributes;
}

/** `balloon_bundle_id` and `payload_data` of a row. */
export interface Balloon {
  bundleId: string;
  payload?: Uint8Array;
}

/** How a message is marked in its row. */
interface MessageMarks {
  /** Value of `expressive_send_style_id`. */
  effect?: string;
  subject?: string;
  /** A reply in a thread: the message it answers and the part of it. */
  replyTo?: { guid: string; part?: number };
  /** An app or link balloon; that of a link preview comes later, through `setBalloon`. */
  balloon?: Balloon;
  /** Another message that this row belongs to, as a poll's vote (4000) or a placed sticker (1000) does. */
  associated?: { guid: string; type: number; part?: number };
  audio?: boolean;
  /** Send Later, not sent before `at`; see `sendScheduled`. */
  scheduled?: boolean;
  junk?: boolean;
  /** Own address that it came to or leaves from, in place of the line; '' where the row does not tell. */
  ownAddress?: string;
}

/** A message with everything it may hold. `at` in milliseconds since the Unix epoch. */
export interface FullMessage extends MessageMarks {
  /** Of the row; a new one when left out. */
  guid?: string;
  chat: ChatTarget;
  sender: Actor;
  parts: readonly MessagePart[];
  at: number;
  service?: string;
}

/** A file of a message; one for each part of kind `attachment`. */
export interface NewAttachment {
  /** Index of the part among all parts. */
  part: number;
  /** Name that is shown. */
  name: string;
  mime?: string;
  uti?: string;
  totalBytes: number;
  sticker?: boolean;
  /** A hidden side file, such as the payload of a link preview. */
  hidden?: boolean;
  at: number;
}

/** `transfer_state`: 0 waiting, 1 accepted, 2 preparing, 3 transferring, 4 finalising, 5 finished, 6 error, 7 error that may pass. */
export type TransferState = -1 | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface Tapback {
  /** Of its own row; a new one when left out. */
  guid?: string;
  kind: 'love' | 'like' | 'dislike' | 'laugh' | 'emphasise' | 'question' | 'emoji' | 'sticker';
  /** With `emoji`; before macOS 15 such a row is plain text. */
  emoji?: string;
  target: { guid: string; part?: number };
  sender: Actor;
  at: number;
  remove?: boolean;
}

/** What happened in a group, or beside the messages of any chat; a row of its own without a body. */
export type ChatNote =
  | { kind: 'added' | 'removed'; handle: string }
  | { kind: 'left' }
  | { kind: 'renamed'; name: string | null }
  | { kind: 'photo-set' | 'photo-removed' | 'background-set' | 'background-removed' }
  | { kind: 'location-started' | 'location-stopped' | 'audio-kept' | 'facetime' };

/** A call that ended, or was never answered. `at` is when it began, `durationMs` how long it was talked. */
export interface FinishedCall {
  /** UUID; a new one when left out. */
  id?: string;
  kind: 'facetime-audio' | 'facetime-video' | 'phone';
  direction: 'in' | 'out';
  /** The other handles; more than one is a group call. */
  handles: readonly string[];
  answered: boolean;
  /** Somebody refused it. */
  declined?: boolean;
  at: number;
  durationMs: number;
}

/** Parts of the disk under Messages that change behind the back of a reader. */
export interface MessagesDisk {
  /** Folds -wal into chat.db and begins a new -wal with a new inode. */
  swapWal(): void;
  /**
   * Puts a rebuilt chat.db in the place of the old one: messages in order of date with ROWIDs from 1, without the
   * `dropOldest` oldest, so that new ROWIDs may lie below the old ones.
   */
  rebuild(options?: { dropOldest?: number }): void;
  /** Moves chat.db away; `restore` puts it back. Nothing can be written in between. */
  takeAway(): void;
  /** What stands there in the middle of a restore: the first half of the file, no byte of it, or other bytes. */
  restoreHalf(how?: 'half' | 'empty' | 'garbage'): void;
  /** Puts the file back: as it was, or its bytes into the file that stands there since `restoreHalf`. */
  restore(how?: 'moved' | 'copied'): void;
  /**
   * Puts a copy in the place of chat.db that is held locked against every other process, also for reading, as by
   * whoever restores it; Messages goes on writing. A change of the file by another of these calls ends it too.
   */
  lock(): void;
  unlock(): void;
  /** Whether other processes can read the database. */
  readonly readable: boolean;
  addColumn(table: string, name: string, declaration: string): void;
  dropColumn(table: string, name: string): void;
}

/** The less common things that Messages writes. Guids that no row has throw AppError `not_found`. */
interface FullMessagesStore {
  /** A row with no join and no attachment rows yet. */
  insertMessage(message: FullMessage): WrittenRow;
  /** Joins a row to any chat, unless it is; a group must have been made. */
  joinChat(row: { guid: string }, chat: ChatTarget): void;
  /** An attachment row (`transfer_state` 0, no file) and its join, what of them is missing; returns its guid. */
  attach(row: { guid: string }, attachment: NewAttachment): string;
  /** Moves a transfer on; `content` is written to disk, whole or as far as it has come. */
  setTransfer(attachmentGuid: string, state: TransferState, content?: Uint8Array): void;
  /** Absolute path of an attachment's file, once it has one. */
  attachmentPath(attachmentGuid: string): string | undefined;
  /** Takes the sender's older tapback on the part away and writes the new one under a new ROWID; no join yet. */
  insertTapback(tapback: Tapback): WrittenRow;
  editMessage(guid: string, edit: { part?: number; text: string; at: number }): void;
  /** Takes back the whole message, or some parts. */
  unsendMessage(guid: string, unsend: { parts?: readonly number[]; at: number }): void;
  setBalloon(guid: string, balloon: Balloon): void;
  markPlayed(guid: string, at: number): void;
  /** iMessage sent again as SMS: the same row changes its service. */
  downgrade(guid: string, service?: string): void;
  sendScheduled(guid: string, at: number): void;
  /** `is_filtered` of a chat: 0 known, 1 unknown sender, 2 seen for junk. */
  setFiltered(chat: ChatTarget, filtered: 0 | 1 | 2): void;
  /** A note to oneself: one row from me, or a second one to me; joined to the chat with oneself. */
  insertSelf(message: { text: string; at: number; rows: 1 | 2 }): WrittenRow[];
  /** The row of a chat with oneself changes sides. */
  flipFromMe(guid: string): void;
  /** Old messages from iCloud under new ROWIDs and new guids, rows and joins in one transaction. */
  backfill(messages: readonly FullMessage[]): WrittenRow[];
  /** An empty outgoing SMS row without join, as scripting a group on macOS 26 can leave. */
  insertGhost(at: number): WrittenRow;
  /** The search index donates a row (macOS 26): a write that changes nothing for a person. */
  reindex(guid: string): void;
  /** A group with its members; returns its identifier. */
  createGroup(group: { members: readonly string[]; name?: string; service?: string }): string;
  /** Changes the group, where the note is of one, and writes the row; no join yet. */
  insertNote(chat: ChatTarget, note: ChatNote, by: Actor, at: number): WrittenRow;
  /** A finished call in the call history; returns its UUID. */
  insertCall(call: FinishedCall): string;
  readonly disk: MessagesDisk;
}

/** A chat as the list of conversations shows it. */
export interface ChatOnScreen {
  chat: ChatTarget;
  /** Of a group; '' where it has none. */
  name: string;
  members: readonly string[];
}

/** A bubble of a transcript: one part of a message. */
export interface StoredBubble {
  guid: string;
  part: number;
  /** Undefined for an attachment. */
  text: string | undefined;
  sender: Actor;
  at: number;
  /** How often it was edited. */
  edits: number;
  /** Index of the own standing tapback among the kinds of {@link Tapback}. */
  ownTapback: number | undefined;
}

/** What Messages shows of its own database. */
interface MessagesReading {
  /** Chats with messages, the one with the newest first. */
  chats(): ChatOnScreen[];
  chatOf(guid: string): ChatTarget | undefined;
  /** The newest bubbles of a chat, oldest first. */
  bubbles(chat: ChatTarget): StoredBubble[];
  /** Guids of messages of others that are not marked as read. */
  unread(chat: ChatTarget): string[];
  markChatRead(chat: ChatTarget, at: number): void;
}

/** Writes chat.db as Messages does: the row first, its joins later, changes in place, body in attributedBody only. */
export interface MessagesStore extends FullMessagesStore {
  readonly databasePath: string;
  readonly callHistoryPath: string;
  /** The own handle of the Mac. */
  readonly line: string;
  /** A message row from a person; no join yet. `at` in milliseconds since the Unix epoch. */
  insertIncoming(message: {
    from: string;
    text: string;
    at: number;
    service?: string;
    guid?: string;
  }): WrittenRow;
  /** A message row to a handle, neither sent nor failed; no join yet. */
  insertOutgoing(message: {
    to: string;
    text: string;
    at: number;
    service?: string;
    guid?: string;
  }): WrittenRow;
  /** Whether a message has this guid. */
  hasMessage(guid: string): boolean;
  /** Joins a row to the chat with its handle, making chat, handle and their joins where they are missing. */
  join(row: WrittenRow, handle: string): void;
  markSent(guid: string): void;
  markDelivered(guid: string, at: number): void;
  markRead(guid: string, at: number): void;
  markFailed(guid: string, error: number): void;
  readonly reading: MessagesReading;
  /** Whether a chat with this handle stands in the database, and its guid. */
  chatGuid(handle: string): string | undefined;
  /** Makes the handle and the chat with a person where they are missing, as an earlier conversation leaves them. */
  acquaint(handle: string): void;
  /** The chat with exactly this guid. */
  chatNamed(guid: string): NamedChat | undefined;
  close(): void;
}
