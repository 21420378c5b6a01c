import { z } from 'zod';
import { requestError } from '../error-reply.ts';
import { plainString } from '../fields.ts';

const PARTICIPANT = plainString(3, 254);

/** `:participant` of a path. */
export const participantParams = z.object({
  participant: z.string().describe('E.164 number or email, percent-encoded, or the id of a group.'),
});

/** Who a path names; what no participant could be is simply not found. */
export function participantOf({ participant }: z.infer<typeof participantParams>): string {
  const { success, data } = PARTICIPANT.safeParse(participant);
  if (!success) throw requestError('not_found', 'There is no such conversation.');
  return data;
}

/** `from` of what is asked of a conversation. */
export const fromField = plainString(3, 254)
  .optional()
  .describe('Handle or id of one of your lines; that of the newest conversation when left out.');

/** Codes that asking something of a conversation may be answered with, beside those of every operation. */
export const CONVERSATION_ERRORS = [
  'invalid_from',
  'sandbox_not_activated',
  'not_found',
  'action_unavailable',
  'group_pending',
  'line_unavailable',
  'no_line_available',
] as const;
