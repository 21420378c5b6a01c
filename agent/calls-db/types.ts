/** What the rest of the agent sees of the call history. Times are milliseconds since the Unix epoch. */

/** A call that is over, as the history tells it. */
export interface CallChange {
  kind: 'call';
  /** `ZUNIQUE_ID`: the same on every device of the user. */
  callUuid: string;
  direction: 'outbound' | 'inbound';
  /** Of a FaceTime call; `phone` for cellular calls that the iPhone relays, `other` for those of other apps. */
  medium: 'audio' | 'video' | 'phone' | 'other';
  /** The other side: E.164 numbers and emails; empty where the record does not tell. */
  handles: string[];
  startedAt: number;
  /** How long was talked; 0 when nobody answered. */
  durationSeconds: number;
  /** `missed`: incoming, nobody answered. `unanswered`: outgoing, nobody answered. `declined`: somebody refused it. */
  result: 'answered' | 'missed' | 'unanswered' | 'declined';
}

/** What a reader must find again after a crash. Opaque to its keeper, who saves a patch with what the changes became. */
export interface CallsMemory {
  cursor: string | null;
  entries: ReadonlyMap<string, string>;
}

export interface CallsMemoryPatch {
  cursor: string;
  remember: ReadonlyArray<readonly [key: string, value: string]>;
  forget: readonly string[];
}

export interface CallBatch {
  changes: CallChange[];
  memory: CallsMemoryPatch;
}

/** Read-only access to the call history, which knows a call only once it has ended. */
export interface CallsDb {
  /**
   * Calls as they end, each once, until `signal` aborts; the very first batch only says where the history ended. A
   * batch counts as taken when the next one is asked for. Survives a locked, rebuilt or missing file.
   */
  changes(signal: AbortSignal): AsyncIterable<CallBatch>;
  close(): void;
}
