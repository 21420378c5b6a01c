import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';
import type { ActOutcome } from './types.ts';

/** An act that did not reach Messages. `apple` is the number of the Apple event error, where there was one. */
export function notStarted(code: MessageErrorCode, message: string, apple?: number): ActOutcome {
  return { outcome: 'not_started', error: { code, message, ...(apple === undefined ? {} : { apple }) } };
}

/** An act that may have happened. */
export function uncertain(message: string, apple?: number): ActOutcome {
  return {
    outcome: 'uncertain',
    error: { code: 'uncertain', message, ...(apple === undefined ? {} : { apple }) },
  };
}
