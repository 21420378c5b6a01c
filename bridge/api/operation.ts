import { z } from 'zod';
import { type RequestErrorCode, requestErrors } from '../protocol/errors.ts';
import { errorReplySchema } from './error-reply.ts';

/** An answer of the OpenAPI document and of the serializer. */
export interface DocumentedAnswer<Schema extends z.ZodType = z.ZodType> {
  description: string;
  content: { 'application/json': { schema: Schema } };
}

/** A JSON answer with its description. */
export const answer = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
): DocumentedAnswer<Schema> => ({ description, content: { 'application/json': { schema } } });

/** Answers of an operation that does not fulfil: one per status, listing the codes and what to do. */
export function errorAnswers(
  ...codes: readonly RequestErrorCode[]
): Record<number, DocumentedAnswer<typeof errorReplySchema>> {
  const answers: Record<number, DocumentedAnswer<typeof errorReplySchema>> = {};
  for (const code of [...codes, 'internal_error' as const]) {
    const { status, hint } = requestErrors[code];
    const line = `- \`${code}\`: ${hint}`;
    const known = answers[status];
    answers[status] = answer(known ? `${known.description}\n${line}` : line, errorReplySchema);
  }
  return answers;
}

/** Codes that every operation behind a key may answer with. */
export const KEY_ERRORS = ['missing_api_key', 'invalid_api_key'] as const;
/** Codes that every operation with a JSON body may answer with. */
export const BODY_ERRORS = [
  'invalid_request',
  'invalid_json',
  'missing_required_parameter',
  'invalid_parameter_value',
  'body_too_large',
  'unsupported_media_type',
] as const;

/** The security requirement of an operation behind a key. */
export const KEYED = [{ apiKey: [] }];

/** No body at all. */
export const nothing = z.undefined();
