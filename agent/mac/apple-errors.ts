import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';

interface Meaning {
  /** Ours; `messageErrors` says when it may be tried again and what to do. */
  code: MessageErrorCode;
  message: string;
}

/**
 * What the numbers of Apple event errors mean when they come before the send verb. The texts that come with them are
 * localised, so only numbers are read. From public reports of Mac automation; nobody publishes a whole list.
 */
const meanings: Readonly<Record<number, Meaning>> = {
  1: { code: 'act_failed', message: 'this account is not in the group any more' },
  [-600]: { code: 'messages_not_running', message: 'Messages is not running' },
  [-609]: { code: 'messages_not_running', message: 'the connection to Messages ended' },
  [-1712]: { code: 'act_timed_out', message: 'Messages did not answer the Apple event' },
  [-1719]: { code: 'act_failed', message: 'Messages has no such element' },
  [-1728]: { code: 'act_failed', message: 'Messages has no such object' },
  [-1700]: { code: 'act_failed', message: 'Messages could not read a value' },
  [-1743]: { code: 'automation_denied', message: 'control of Messages or of System Events is denied' },
  [-1744]: {
    code: 'automation_denied',
    message: 'control of Messages or of System Events was not yet allowed',
  },
  [-2700]: { code: 'act_failed', message: 'the script failed' },
  [-2741]: { code: 'act_failed', message: 'the script could not be compiled' },
  [-2753]: { code: 'act_failed', message: 'the script used an unknown word' },
  [-10002]: { code: 'act_failed', message: 'Messages does not know this way to name an object' },
  [-10004]: { code: 'automation_denied', message: 'the system refused the Apple event' },
  [-25211]: { code: 'accessibility_denied', message: 'Accessibility is not allowed' },
  1002: { code: 'accessibility_denied', message: 'keystrokes are not allowed' },
};

/** What an Apple event error at a step of a script means, given that the send verb was not reached. */
export function appleError(number: number, step: string): Meaning {
  if (step === 'account' && number === -1728) {
    return { code: 'imessage_signed_out', message: 'Messages has no enabled iMessage account' };
  }
  return meanings[number] ?? { code: 'act_failed', message: 'Messages reported an error' };
}
