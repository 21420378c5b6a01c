import { z } from 'zod';
import { timeSchema } from './common.ts';

const lineId = z.string();
const groupId = z.string().nullable().describe('Null when Messages itself never said which group it was.');
const member = { groupId, member: z.string(), by: z.string(), at: timeSchema, lineId };
const consent = { phoneNumber: z.string(), keyword: z.string().nullable(), source: z.string(), lineId };

const condition = {
  status: z.enum(['provisioning', 'warming', 'active', 'paused', 'offline', 'banned']),
  health: z.enum(['healthy', 'at_risk', 'critical']),
  ban: z.enum(['none', 'suspected', 'banned']),
};

/** Events about groups, contacts and lines. */
export const customerLineEvents = {
  'group.created': {
    summary: 'A group is known from now on: made by a request, or seen for the first time.',
    data: z.object({
      groupId: z.string(),
      name: z.string().nullable(),
      members: z.array(z.string()),
      lineId,
    }),
  },
  'group.name_changed': {
    summary: 'A group has another name, or none.',
    data: z.object({
      groupId,
      oldName: z.string().nullable(),
      newName: z.string().nullable(),
      changedBy: z.string(),
      at: timeSchema,
      lineId,
    }),
  },
  'group.icon_changed': {
    summary: 'A group has another picture, or none.',
    data: z.object({
      groupId,
      iconUrl: z.string().nullable(),
      changedBy: z.string(),
      at: timeSchema,
      lineId,
    }),
  },
  'group.member_added': { summary: 'Somebody came into a group.', data: z.object(member) },
  'group.member_removed': {
    summary: 'Somebody left a group (`by` is the member), or was removed from it.',
    data: z.object(member),
  },
  'contact.opted_out': { summary: 'Somebody wants no more messages.', data: z.object(consent) },
  'contact.opted_in': { summary: 'Somebody wants messages again.', data: z.object(consent) },
  'line.status_changed': {
    summary:
      'The status, the health or the ban of a line is another one. A line is `offline` when its Mac is away for longer than a minute, and not any more as soon as it is back.',
    data: z.object({
      ...condition,
      previous: z.object({
        status: condition.status,
        health: condition.health.nullable(),
        ban: condition.ban.nullable(),
      }),
      changedAt: timeSchema,
      lineId,
    }),
  },
  'line.limit_reached': {
    summary: 'A cap of a line was reached for the first time today.',
    data: z.object({
      kind: z.string().describe('Which cap.'),
      cap: z.int(),
      used: z.int(),
      resetsAt: timeSchema,
      reachedAt: timeSchema,
      lineId,
    }),
  },
};
