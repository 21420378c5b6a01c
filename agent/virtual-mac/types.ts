/** Releases of macOS whose chat.db the virtual Mac can be. */
export const macosReleases = ['12', '13', '14', '15', '26', '27'] as const;
export type MacosRelease = (typeof macosReleases)[number];

/** A row that Messages wrote. */
export interface WrittenRow {
  rowid: number;
  guid: string;
}

/** Writes chat.db as Messages does: the row first, its joins later, changes in place, body in attributedBody only. */
export interface MessagesStore {
  readonly databasePath: string;
  readonly callHistoryPath: string;
  /** The own handle of the Mac. */
  readonly line: string;
  /** A message row from a person; no join yet. `at` in milliseconds since the Unix epoch. */
  insertIncoming(message: { from: string; text: string; at: number; service?: string }): WrittenRow;
  /** A message row to a handle, neither sent nor failed; no join yet. */
  insertOutgoing(message: { to: string; text: string; at: number; service?: string }): WrittenRow;
  /** Joins a row to the chat with its handle, making chat, handle and their joins where they are missing. */
  join(row: WrittenRow, handle: string): void;
  markSent(guid: string): void;
  markDelivered(guid: string, at: number): void;
  markRead(guid: string, at: number): void;
  markFailed(guid: string, error: number): void;
  /** Whether a chat with this handle stands in the database, and its guid. */
  chatGuid(handle: string): string | undefined;
  close(): void;
}
