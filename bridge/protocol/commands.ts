import { z } from 'zod';
import { handleSchema, timeSchema } from './common.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';

const base = {
  /** Deduplicates: an agent carries out one id at most once. */
  id: z.string().min(1).max(64),
  /** One trace from API call to Mac to webhook. */
  traceId: z.string().min(1).max(64),
  issuedAt: timeSchema,
  /** After this the agent reports the command as failed with `expired` and does not act. */
  expiresAt: timeSchema,
};

/** Send a text to one handle. */
export const sendMessageCommandSchema = z.strictObject({
  ...base,
  type: z.literal('message.send'),
  to: handleSchema,
  text: z.string().min(1).max(MAX_TEXT_LENGTH),
});

/** An order from bridge to agent. */
export const commandSchema = z.discriminatedUnion('type', [sendMessageCommandSchema]);

export type Command = z.infer<typeof commandSchema>;
export type SendMessageCommand = z.infer<typeof sendMessageCommandSchema>;
