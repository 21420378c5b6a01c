import { z } from 'zod';
import { type RequestErrorCode, requestErrors } from '../protocol/errors.ts';
import { AppError, type Retry } from '../runtime/app-error.ts';

const ERROR_TYPES = [
  'invalid_request_error',
  'authentication_error',
  'authorization_error',
  'not_found_error',
  'conflict_error',
  'rate_limit_error',
  'api_error',
] as const;

/** What every request that is not fulfilled is answered with. */
export const errorReplySchema = z
  .object({
    error: z.object({
      type: z.enum(ERROR_TYPES).describe('Family of the code.'),
      code: z.string().describe('Stable word for programs.'),
      message: z.string().describe('For people; may change.'),
      param: z.string().optional().describe('The offending field, such as `to` or `metadata.order`.'),
      details: z.record(z.string(), z.unknown()).optional(),
      hint: z.string().describe('What to do next.'),
      retry: z
        .enum(['never', 'later', 'after-fix'])
        .describe('Whether the same request can succeed: never, later by itself, or after a person acted.'),
    }),
    requestId: z.string().describe('The same as in the X-Request-Id header.'),
  })
  .meta({ id: 'Error' });

export type ErrorReply = z.infer<typeof errorReplySchema>;

/** An error that the API answers with: status, hint and retry are those of its code. */
export function requestError(
  code: RequestErrorCode,
  message: string,
  more: { param?: string; details?: Record<string, unknown>; hint?: string; cause?: unknown } = {},
): AppError {
  const { retry, hint } = requestErrors[code];
  return new AppError(message, { code, retry, hint, ...more });
}

const isRequestErrorCode = (code: string): code is RequestErrorCode => Object.hasOwn(requestErrors, code);

function typeOf(status: number): ErrorReply['error']['type'] {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'authorization_error';
  if (status === 404) return 'not_found_error';
  if (status === 409) return 'conflict_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

/** Status and body for a code of ours. */
export function errorReply(
  code: RequestErrorCode,
  requestId: string,
  more: {
    message: string;
    param?: string | undefined;
    details?: Record<string, unknown> | undefined;
    hint?: string | undefined;
    retry?: Retry;
  },
): { status: number; body: ErrorReply } {
  const meaning = requestErrors[code];
  return {
    status: meaning.status,
    body: {
      error: {
        type: typeOf(meaning.status),
        code,
        message: more.message,
        ...(more.param === undefined ? {} : { param: more.param }),
        ...(more.details === undefined ? {} : { details: more.details }),
        hint: more.hint ?? meaning.hint,
        retry: more.retry ?? meaning.retry,
      },
      requestId,
    },
  };
}

/** What Fastify itself refuses a request with, in our words. */
const FRAMEWORK_CODES: Record<string, [RequestErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than this operation takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'The content type of the body is not supported.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as content-length says.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not JSON.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this path.'],
};

/** Status and body for whatever was thrown; what is not a known refusal says nothing of its inside. */
export function replyToError(error: unknown, requestId: string): { status: number; body: ErrorReply } {
  if (error instanceof AppError && isRequestErrorCode(error.code))
    return errorReply(error.code, requestId, error);
  const frameworkCode =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? FRAMEWORK_CODES[error.code]
      : undefined;
  if (frameworkCode) return errorReply(frameworkCode[0], requestId, { message: frameworkCode[1] });
  return errorReply('internal_error', requestId, { message: 'The request could not be completed.' });
}
