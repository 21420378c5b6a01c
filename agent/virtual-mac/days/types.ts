import type {
  Balloon,
  ChatNote,
  ChatTarget,
  FinishedCall,
  FullMessage,
  MacosRelease,
  NewAttachment,
  Tapback,
  TransferState,
} from '../types.ts';

/**
 * Name of something that a plan makes, before it has a guid: `m12` a row of a message, `a3` a file, `g1` a group,
 * `c2` a call. In a plan such names stand wherever guids and identifiers of groups will.
 */
export type Ref = string;

/** One thing that Messages does to its files. Every `at` is in milliseconds since the day began. */
export type DayStep =
  | { do: 'message'; ref: Ref; message: FullMessage; joined: boolean; dated?: PlannedDate }
  | { do: 'join'; ref: Ref; chat: ChatTarget }
  | { do: 'attach'; ref: Ref; message: Ref; file: NewAttachment }
  | { do: 'transfer'; ref: Ref; state: TransferState; bytes?: number }
  | { do: 'sent' | 'reindex' | 'flip' | 'downgrade'; ref: Ref }
  | { do: 'delivered' | 'read' | 'played' | 'send-scheduled'; ref: Ref }
  | { do: 'failed'; ref: Ref; error: number }
  | { do: 'tapback'; ref: Ref; tapback: Tapback }
  | { do: 'edit'; ref: Ref; part: number; text: string }
  | { do: 'unsend'; ref: Ref; parts?: readonly number[] }
  | { do: 'balloon'; ref: Ref; balloon: Balloon }
  | { do: 'filtered'; chat: ChatTarget; filtered: 0 | 1 | 2 }
  | { do: 'self'; refs: readonly Ref[]; text: string; at: number }
  | { do: 'backfill'; refs: readonly Ref[]; messages: readonly BackfilledMessage[] }
  | { do: 'ghost'; ref: Ref }
  | { do: 'group'; ref: Ref; members: readonly string[]; name?: string }
  | { do: 'note'; ref: Ref; chat: ChatTarget; note: ChatNote; by: Tapback['sender']; copyOf?: Ref }
  | { do: 'call'; call: FinishedCall & { id: string } }
  | { do: 'rebuild'; dropOldest: number }
  | { do: 'swap-wal' | 'take-away' | 'lock' | 'unlock' }
  | { do: 'restore-half'; how: 'half' | 'empty' | 'garbage' }
  | { do: 'restore'; how: 'moved' | 'copied' }
  | { do: 'add-column'; table: string; name: string; declaration: string }
  | { do: 'drop-column'; table: string; name: string };

/** The whole second that its date lies in, or the very date of another row. */
export type PlannedDate = { wholeSecond: true } | { of: Ref };

/** An old message that comes back; `copyOf` names one that stands already and whose date it has. */
export type BackfilledMessage = FullMessage & { copyOf?: Ref };

export interface FactChat {
  kind: 'direct' | 'group';
  identifier: string;
}

/** A part of a message. */
export interface FactTarget {
  guid: Ref;
  part: number;
}

/** Something that is true of the world, and that an observer of Messages must tell once. */
export type Fact =
  | ReceivedFact
  | OwnStateFact
  | TapbackFact
  | EditedFact
  | UnsentFact
  | FileFact
  | LinkFact
  | GroupFact
  | CallFact
  | SilentFact;

/** A stretch of a text, in UTF-16 units. */
export type FactMark = { start: number; length: number } & (
  | { kind: 'mention'; handle: string }
  | { kind: 'style'; style: 'bold' | 'italic' | 'underline' | 'strikethrough' }
);

/** When something happened as its row tells it. */
interface Dated {
  /** In a plan in milliseconds since the day began, in a ledger since the Unix epoch. */
  at: number;
}

/** A person wrote to the own line. */
export interface ReceivedFact extends Dated {
  kind: 'received';
  guid: Ref;
  /** The other row of a note to oneself: the message is told under one of the two. */
  orGuid?: Ref;
  chat: FactChat | null;
  /** It was joined so late, if ever, that it may be told without its chat. */
  late: boolean;
  from: string;
  line: string;
  service: string;
  /** What each of its parts says; U+FFFC for a file. */
  parts: readonly string[];
  marks?: readonly FactMark[];
  subject?: string;
  files: readonly Ref[];
  replyTo?: FactTarget;
  /** Value of `expressive_send_style_id`. */
  effect?: string;
  audio?: boolean;
  sticker?: FactTarget;
  /** Bundle id of a balloon. */
  app?: string;
  /** The message that the balloon changes, as a vote does a poll. */
  updates?: Ref;
  filtered?: 'junk' | 'unknown';
  toSelf?: boolean;
}

/** A message of the owner got so far. */
export interface OwnStateFact {
  kind: 'own-state';
  guid: Ref;
  state: 'sent' | 'delivered' | 'read' | 'failed';
  error?: number;
  service: string;
  downgraded?: boolean;
}

export interface TapbackFact extends Dated {
  kind: 'tapback';
  guid: Ref;
  action: 'added' | 'removed';
  tapback: Tapback['kind'];
  emoji?: string;
  /** Null for the owner. */
  from: string | null;
  target: FactTarget;
}

export interface EditedFact extends Dated {
  kind: 'edited';
  guid: Ref;
  from: string | null;
  part: number;
  /** Counts the edits of the part from 1. */
  version: number;
  /** Of the part. */
  text: string;
  /** Of the whole message after the edit. */
  whole: string;
}

export interface UnsentFact {
  kind: 'unsent';
  guid: Ref;
  from: string | null;
  /** Null when nothing is left. */
  parts: readonly number[] | null;
  whole: string;
}

/** A file of a message that was received is whole, or will not come. */
export interface FileFact {
  kind: 'file';
  guid: Ref;
  file: Ref;
  state: 'complete' | 'failed';
  /** Name that is shown. */
  name: string;
  mime: string | null;
  sticker?: boolean;
  /** Hex SHA-256 of the bytes, when complete. */
  sha256?: string;
}

/** The preview of a link stands. */
export interface LinkFact {
  kind: 'link';
  guid: Ref;
  url: string;
  title: string | null;
}

export interface GroupFact extends Dated {
  kind: 'group';
  guid: Ref;
  chat: FactChat;
  change: 'renamed' | 'photo-set' | 'photo-removed' | 'added' | 'removed' | 'left';
  by: string | null;
  member?: string;
  name?: string | null;
}

export interface CallFact extends Dated {
  kind: 'call';
  id: string;
  direction: 'in' | 'out';
  media: FinishedCall['kind'];
  handles: readonly string[];
  answered: boolean;
  declined: boolean;
  durationMs: number;
}

/** A row that must not be told: of old messages, of accidents, of sends that are still to come. */
export interface SilentFact {
  kind: 'silent';
  guid: Ref;
  why: 'backfill' | 'ghost' | 'scheduled' | 'note';
}

/** When a fact can be seen, in numbers of operations. */
export interface FactSpan {
  /** From this operation on it may be told. */
  since: number;
  /** From this operation on it must be. */
  due: number;
  /** From this operation on it can no longer be seen, so that who did not look before cannot tell it. */
  until?: number;
}

export type LedgerLine = Fact & FactSpan;

export type DayOperation = DayStep & {
  /** Milliseconds since the day began. */
  at: number;
  /** Whoever watches is there in the pause before it, however long: what it finds cannot be judged by who was not. */
  watched?: true;
  /** Places in the plan's facts of those that are due with this operation. */
  facts: readonly number[];
};

export interface DayPlan {
  seed: number;
  release: MacosRelease;
  line: string;
  operations: readonly DayOperation[];
  facts: readonly LedgerLine[];
}
