import type { Retry } from '../../bridge/runtime/app-error.ts';
import { fieldsOf } from './fields.ts';

/** Name of the Unix socket of a virtual Mac in its home. */
export const SOCKET_NAME = 'virtual-mac.sock';

/** The answer to a request: a result, the number of an Apple event error, or an error of ours. */
export type ControlAnswer =
  | { result?: unknown }
  | { appleError: number }
  | { error: { code: string; message: string; retry: Retry; hint?: string | undefined } };

/** An Apple event that fails with a number. */
export class AppleEventFailure extends Error {
  readonly errorNumber: number;

  constructor(errorNumber: number) {
    super(`Apple event error ${errorNumber}`);
    this.errorNumber = errorNumber;
  }
}

const retries: readonly string[] = ['never', 'later', 'after-fix'] satisfies readonly Retry[];
const isRetry = (value: string): value is Retry => retries.includes(value);

/** What a virtual Mac answered in one line. Throws TypeError, or SyntaxError, for what is no answer. */
export function answerOf(line: string): ControlAnswer {
  const answer: unknown = JSON.parse(line);
  if (typeof answer !== 'object' || answer === null) throw new TypeError('no answer of a virtual Mac');
  if ('appleError' in answer) return fieldsOf(answer, { appleError: 'number' });
  if (!('error' in answer)) return { result: 'result' in answer ? answer.result : undefined };
  const { code, message, retry } = fieldsOf(answer.error, {
    code: 'string',
    message: 'string',
    retry: 'string',
  });
  if (!isRetry(retry)) throw new TypeError('no answer of a virtual Mac');
  const { hint } = answer.error as { hint?: unknown };
  return { error: { code, message, retry, hint: typeof hint === 'string' ? hint : undefined } };
}
