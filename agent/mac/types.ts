import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';
import type { CallAct } from './call-acts.ts';
import type { ProbeAct } from './probe-acts.ts';
import type { SendAct, SendText } from './send-acts.ts';
import type { UiAct } from './ui-acts.ts';

export interface ActError {
  code: MessageErrorCode;
  message: string;
  /** Number of the Apple event error, where there was one; its text is localised and never kept. */
  apple?: number;
}

/**
 * How an act ended as far as the script can tell. `handed_over` is not yet a proof: only a row in chat.db is.
 * - `not_started`: nothing reached Messages; safe to try again.
 * - `handed_over`: Messages took the Apple event without an error. `changed: false` when it was as wanted before, so
 *   that nothing was done and no new row will come; `value` is what an act that asks was answered.
 * - `uncertain`: it may have happened; never tried again by itself.
 */
export type ActOutcome =
  | { outcome: 'not_started'; error: ActError }
  | { outcome: 'handed_over'; changed?: false; value?: Readonly<Record<string, unknown>> }
  | { outcome: 'uncertain'; error: ActError };

/** A conversation as chat.db names it: the other handle, or the `chat_identifier` of a group. */
export interface ConversationName {
  kind: 'direct' | 'group';
  identifier: string;
}

/** A text to one handle with the id of its act; see {@link Mac.sendText}. */
export type SendTextAct = Omit<SendText, 'kind'> & { actId: string };

/** Everything that the Mac can be made to do. */
export type Act = SendAct | UiAct | CallAct | ProbeAct;

/** The only way to act on the Mac. */
export interface Mac {
  /**
   * Does one thing. `actId` is new for every attempt and names the files that outlive a crash of the agent. What can be
   * known beforehand to be impossible is refused as `not_started` before anything happens.
   */
  perform(actId: string, act: Act): Promise<ActOutcome>;
  /** `perform` of `send_text`. */
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

/** The Mac as whoever looks after it needs it. */
export interface TendedMac extends Mac {
  /** Runs something while no act is under way. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Which osascript acts run on. */
export type OsascriptTarget = { kind: 'system' } | { kind: 'virtual'; home: string };
