import { type RequestErrorCode, requestErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';

/** The AppError of a code of `protocol/errors.ts`, with its retry advice and hint. `message` holds no handle, text or secret. */
export function requestError(
  code: RequestErrorCode,
  message: string,
  param?: string,
  details?: Record<string, unknown>,
): AppError {
  const { retry, hint } = requestErrors[code];
  return new AppError(message, {
    code,
    retry,
    hint,
    ...(param === undefined ? {} : { param }),
    ...(details === undefined ? {} : { details }),
  });
}

/** What an answer says of anything that is not there, or that belongs to somebody else. */
export const notFound = (what: string): AppError => requestError('not_found', `No such ${what}`);
