import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { LineOperation } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const groupSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    conversationId: z.string(),
    lineId: z.string(),
    status: z
      .enum(['pending', 'ready', 'failed', 'uncertain'])
      .describe('`pending`: asked for, and not made yet; `uncertain`: nobody can tell whether it was made.'),
    sameAs: z
      .string()
      .nullable()
      .describe('The group that was known before, where Messages went on with that one.'),
    memberCount: z.int(),
    members: z
      .array(z.object({ handle: z.string(), addedAt: isoTimeSchema }))
      .describe('Those other than the line that the Mac has told of, or that the group was asked for with.'),
    createdAt: isoTimeSchema.describe('When the bridge came to know the group.'),
    mode: z.enum(['live', 'sandbox']),
  })
  .meta({ id: 'Group' });

/** A stored group as the API shows it. */
export const groupObject = (
  { group, members }: Awaited<ReturnType<Core['getGroup']>>,
  making: LineOperation | undefined,
): z.infer<typeof groupSchema> => ({
  id: group.id,
  name: group.name,
  conversationId: group.conversationId,
  lineId: group.lineId,
  status: statusOf(making),
  sameAs: making === undefined || making.sameAs === group.id ? null : making.sameAs,
  memberCount: members.length,
  members: members.map(({ handle, addedAt }) => ({ handle, addedAt: isoTime(addedAt) })),
  createdAt: isoTime(group.createdAt),
  mode: group.mode,
});

/** Stored groups as the API shows them. */
export async function groupObjects(
  core: Core,
  groups: readonly Awaited<ReturnType<Core['getGroup']>>[],
): Promise<z.infer<typeof groupSchema>[]> {
  const making = await core.operationsOfGroups(groups.map(({ group }) => group.id));
  return groups.map((known) =>
    groupObject(
      known,
      making.find(({ groupId }) => groupId === known.group.id),
    ),
  );
}

/** A group that nobody asked for is one that the Mac has. */
function statusOf(making: LineOperation | undefined): z.infer<typeof groupSchema>['status'] {
  if (!making || making.sameAs !== null) return 'ready';
  if (making.state === 'failed' || making.state === 'canceled') return 'failed';
  return making.state === 'uncertain' ? 'uncertain' : 'pending';
}
