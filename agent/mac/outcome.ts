import { z } from 'zod';
import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';
import type { ActOutcome } from './types.ts';

export const messageErrorCodes = Object.keys(messageErrors) as [MessageErrorCode, ...MessageErrorCode[]];

const actErrorSchema = z.strictObject({
  code: z.enum(messageErrorCodes),
  message: z.string().max(500),
  apple: z.int().exactOptional(),
});

/** What a result file holds: how an act ended, never what was sent or to whom. */
export const actOutcomeSchema: z.ZodType<ActOutcome> = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('not_started'), error: actErrorSchema }),
  z.strictObject({
    outcome: z.literal('handed_over'),
    changed: z.literal(false).exactOptional(),
    value: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  z.strictObject({ outcome: z.literal('uncertain'), error: actErrorSchema }),
]);

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
