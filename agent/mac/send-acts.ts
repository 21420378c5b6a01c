/** Service of the account that a message leaves by. */
export type SendService = 'iMessage' | 'SMS' | 'RCS';

/** One handle to write to. */
interface ToHandle {
  /** E.164 number or email. */
  handle: string;
  /**
   * Guid of the direct chat with the handle, as chat.db has it. It is resolved before anything is sent; where Messages
   * does not know it, as is seen on macOS 26, the handle is written to as a participant of the account.
   */
  chat?: string;
  /** Writes by this service's account, whatever the chat's service is; by that of the chat, or iMessage, when absent. */
  service?: SendService;
}

/** A chat that Messages knows, such as a group: resolved before anything is sent, and never replaced by another. */
interface ToChat {
  /** Its guid as chat.db has it; opaque, for on macOS 26 its beginning tells nothing of the service. */
  chat: string;
}

/** A text to one handle, by scripting. */
export interface SendText extends ToHandle {
  kind: 'send_text';
  text: string;
}

/** A text into a known chat, by scripting. */
export interface SendToChat extends ToChat {
  kind: 'send_to_chat';
  text: string;
}

/**
 * A file, by scripting. A contact card is a .vcf file, a voice note a .caf file: that Messages shows it as a voice note
 * is out of reach of scripting.
 */
export type SendFile = (ToHandle | ToChat) & {
  kind: 'send_file';
  /** Where it was staged; see `Staging`. */
  path: string;
};

/** What Messages' own scripting can do. */
export type SendAct = SendText | SendToChat | SendFile;
