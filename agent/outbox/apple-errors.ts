import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';
import type { CommandError } from '../journal/types.ts';

/** Highest number of `message.error` that public headers name. */
const HIGHEST_NAMED = 42;

const nameOf = (number: number): MessageErrorCode => {
  // Several projects saw it in the field: the handle has no iMessage.
  if (number === 22) return 'recipient_not_imessage';
  // 1 is Apple's own "unknown".
  return number > 1 && number <= HIGHEST_NAMED ? 'not_delivered' : 'unknown';
};

/** Our error for a number that Messages wrote into the `error` column of an own row. */
export function appleError(number: number): CommandError {
  const code = nameOf(number);
  return { code, message: messageErrors[code].hint, apple: number };
}
