/** What sending.js gives to the programs that send. */

interface SendTarget {
  handle?: string;
  /** Guid of a chat. */
  chat?: string;
  /** `iMessage`, `SMS` or `RCS`; iMessage when absent. */
  service?: string;
}

interface SendOutcome {
  ok: boolean;
  step: string;
  errorNumber?: number;
  code?: string;
}

declare function sendTo(target: SendTarget, content: () => string | JxaPath): SendOutcome;
