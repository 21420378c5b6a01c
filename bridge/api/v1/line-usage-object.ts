import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { LineUsage } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const remainingSchema = {
  remainingNewConversations: z.int(),
  remainingTotal: z.int().describe('Sends that are no replies; replies within 24 hours are not counted.'),
};

/** What the caps of a day leave. */
export const remainingOf = ({
  newConversations,
  proactive,
  newConversationCap,
  dailyCap,
}: Pick<LineUsage, 'newConversations' | 'proactive' | 'newConversationCap' | 'dailyCap'>) => ({
  remainingNewConversations: Math.max(0, newConversationCap - newConversations),
  remainingTotal: Math.max(0, dailyCap - proactive),
});

export const lineUsageSchema = z
  .object({
    date: z.string().meta({ format: 'date' }).describe('Local day of the line.'),
    sent: z.int(),
    received: z.int(),
    newConversations: z.int(),
    proactive: z.int().describe('Sends that are no replies.'),
    newConversationCap: z.int().describe('Of that day.'),
    dailyCap: z.int().describe('Most sends of that day that are no replies.'),
    ...remainingSchema,
    resetsAt: isoTimeSchema.describe('When the day ends.'),
    updatedAt: isoTimeSchema.describe('When the Mac last told of the day.'),
  })
  .meta({ id: 'LineUsage' });

/** The use of a line on one day as the API shows it. */
export const lineUsageObject = ({
  lineId: _,
  at,
  resetsAt,
  ...counts
}: LineUsage): z.infer<typeof lineUsageSchema> => ({
  ...counts,
  ...remainingOf(counts),
  resetsAt: isoTime(resetsAt),
  updatedAt: isoTime(at),
});
