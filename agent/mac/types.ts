import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';

export interface ActError {
  code: MessageErrorCode;
  message: string;
  /** Number of the Apple event error, where there was one; its text is localised and never kept. */
  apple?: number;
}

/**
 * How an act ended as far as the script can tell. `handed_over` is not yet a proof: only a row in chat.db is.
 * - `not_started`: nothing reached Messages; safe to try again.
 * - `handed_over`: Messages took the Apple event without an error.
 * - `uncertain`: it may have happened; never tried again by itself.
 */
export type ActOutcome =
  | { outcome: 'not_started'; error: ActError }
  | { outcome: 'handed_over' }
  | { outcome: 'uncertain'; error: ActError };

export interface SendTextAct {
  /** New for every attempt; names the files that outlive a crash of the agent. */
  actId: string;
  /** E.164 number or email. */
  handle: string;
  text: string;
  /**
   * Guid of the direct chat with the handle, as chat.db has it. It is resolved before anything is sent; where Messages
   * does not know it, as is seen on macOS 26, the handle is written to as a participant of the account.
   */
  chat?: string;
}

/** The only way to act on the Mac. */
export interface Mac {
  sendText(act: SendTextAct): Promise<ActOutcome>;
  /**
   * What became of an act that an earlier process of the agent began: waits for a worker that still runs, reads its
   * result, or, when it never began, makes sure that it never will.
   */
  recover(actId: string): Promise<ActOutcome>;
  /** Forgets the files of an act whose outcome is durable elsewhere. */
  forget(actId: string): void;
  /** Waits for acts under way; kills them when `hurry` aborts. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Which osascript acts run on. */
export type OsascriptTarget = { kind: 'system' } | { kind: 'virtual'; home: string };
