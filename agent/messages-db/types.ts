/** What the rest of the agent sees of chat.db. Times are milliseconds since the Unix epoch. */

/** The conversation of a row: the other handle, or the identifier of a group, without any service prefix. */
export interface ChatRef {
  kind: 'direct' | 'group';
  identifier: string;
}

/** A person wrote to this Mac. */
export interface ReceivedChange {
  kind: 'received';
  guid: string;
  chat: ChatRef | null;
  /** Handle of the sender. */
  from: string;
  /** Own address that it was sent to, where the row tells. */
  line: string | null;
  service: string;
  text: string;
  at: number;
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
}

export type MessageChange = ReceivedChange | OwnStateChange;

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
