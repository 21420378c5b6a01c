import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { isoTime } from '../../runtime/clock.ts';
import { isoTimeSchema } from '../fields.ts';

export const groupSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    conversationId: z.string(),
    lineId: z.string(),
    memberCount: z.int(),
    members: z
      .array(z.object({ handle: z.string(), addedAt: isoTimeSchema }))
      .describe('Those other than the line that the Mac has told of.'),
    createdAt: isoTimeSchema.describe('When the bridge came to know the group.'),
    mode: z.enum(['live', 'sandbox']),
  })
  .meta({ id: 'Group' });

/** A stored group as the API shows it. */
export const groupObject = ({
  group,
  members,
}: Awaited<ReturnType<Core['getGroup']>>): z.infer<typeof groupSchema> => ({
  id: group.id,
  name: group.name,
  conversationId: group.conversationId,
  lineId: group.lineId,
  memberCount: members.length,
  members: members.map(({ handle, addedAt }) => ({ handle, addedAt: isoTime(addedAt) })),
  createdAt: isoTime(group.createdAt),
  mode: group.mode,
});
