import { z } from 'zod';
import {
  actions,
  failureSchema,
  guidSchema,
  handleSchema,
  idSchema,
  macConversationSchema,
  timeSchema,
} from './common.ts';

/** What became of a command on its way to Messages. `at` is when it happened on the Mac. */
export const commandStateSchema = z.strictObject({
  type: z.literal('command.state'),
  commandId: idSchema,
  state: z.enum(['queued', 'paced', 'acting', 'confirming', 'done', 'failed', 'uncertain', 'cancelled']),
  at: timeSchema,
  /** GUID of the row that proves the act, once known; of a message of several acts each row is told, in their order. */
  guid: guidSchema.optional(),
  /** With `done` of a `group.create`: the group, by which its messages are known. */
  conversation: macConversationSchema.optional(),
  error: failureSchema.optional(),
  /** With `paced`: the rule that holds it, and until when at the earliest. */
  paced: z.strictObject({ rule: z.string().min(1).max(64), until: timeSchema }).optional(),
});

/** A group changed: its name, its picture, or who is in it. */
export const groupChangedSchema = z.strictObject({
  type: z.enum(['group.name_changed', 'group.icon_changed', 'group.member_added', 'group.member_removed']),
  guid: guidSchema,
  /** Null when Messages never joined the note to a chat. */
  conversation: macConversationSchema.nullable(),
  /** Who did it; null for the own user. */
  by: handleSchema.nullable(),
  at: timeSchema,
  /** The new name; null when it was taken away. */
  name: z.string().max(255).nullable().optional(),
  /** Who was added, removed, or left (then it equals `by`); absent for the own user. */
  member: handleSchema.optional(),
});

/** What the Mac knows of a call. States between the start and the end come only from calls that a command placed. */
export const callSchema = z.strictObject({
  type: z.enum([
    'call.initiated',
    'call.ringing',
    'call.answered',
    'call.ended',
    'call.declined',
    'call.missed',
    'call.failed',
  ]),
  /** The command that placed it; absent for calls of people. */
  commandId: idSchema.optional(),
  /** Unique id in the call history; absent while no record exists. */
  callUuid: z.string().max(64).optional(),
  direction: z.enum(['outbound', 'inbound']),
  kind: z.enum(['audio', 'video']),
  /** The other side; null when the record does not tell. */
  handle: handleSchema.nullable(),
  at: timeSchema,
  durationSeconds: z.number().min(0).optional(),
  endReason: z.enum(['caller_hangup', 'callee_hangup', 'api_request', 'line_lost', 'unknown']).optional(),
  error: failureSchema.optional(),
});

/** What this Mac can do, action by action. Told after each connect and whenever it changes. */
export const capabilitiesSchema = z.strictObject({
  type: z.literal('line.capabilities'),
  at: timeSchema,
  macos: z.string().max(40),
  actions: z
    .array(
      z.strictObject({
        action: z.enum(actions),
        method: z.enum(['scripting', 'ui', 'files', 'unavailable']),
        /** Releases for which the method is known to work, such as `12-27`. */
        macos: z.string().max(40),
        reason: z.string().max(300),
        /** Result of the last calibration on this Mac. */
        calibrated: z.enum(['works', 'fails', 'never']),
      }),
    )
    .max(actions.length),
});

/** How the line fares: what the bridge needs for status and health, and the use of its caps today. */
export const lineStateSchema = z.strictObject({
  type: z.literal('line.state'),
  at: timeSchema,
  status: z.enum(['warming', 'active', 'paused']),
  health: z.enum(['healthy', 'at_risk', 'critical']),
  ban: z.strictObject({
    status: z.enum(['none', 'suspected', 'banned']),
    since: timeSchema.nullable(),
    reason: z.string().max(300).nullable(),
  }),
  warmup: z.strictObject({
    day: z.int().min(1),
    /** Which step of the curve that is, from 1. */
    stage: z.int().min(1).optional(),
    completed: z.boolean(),
    newConversationCap: z.int().min(0),
    dailyCap: z.int().min(0),
  }),
  usage: z.strictObject({
    /** Local calendar day of the line, `YYYY-MM-DD`. */
    date: z.string().length(10),
    sent: z.int().min(0),
    received: z.int().min(0),
    newConversations: z.int().min(0),
    proactive: z.int().min(0),
    resetsAt: timeSchema,
  }),
  /** Last time that anything arrived in Messages. */
  lastInboundAt: timeSchema.nullable(),
});

/** A cap of the line was reached for the first time today. */
export const lineLimitReachedSchema = z.strictObject({
  type: z.literal('line.limit_reached'),
  at: timeSchema,
  rule: z.string().min(1).max(64),
  cap: z.int().min(0),
  used: z.int().min(0),
  resetsAt: timeSchema,
});

/** Answer to a `lookup` command. */
export const lookupAnsweredSchema = z.strictObject({
  type: z.literal('lookup.answered'),
  commandId: idSchema,
  at: timeSchema,
  results: z
    .array(
      z.strictObject({
        handle: handleSchema,
        imessage: z.enum(['yes', 'no', 'unknown']),
        source: z.enum(['history', 'ids_cache', 'send_error', 'none']),
        /** When the evidence is from. */
        seenAt: timeSchema.nullable(),
      }),
    )
    .max(100),
});

/** A `media.upload` command ended. */
export const mediaUploadedSchema = z.strictObject({
  type: z.literal('media.uploaded'),
  commandId: idSchema,
  at: timeSchema,
  error: failureSchema.optional(),
});

export type LineStateEvent = z.infer<typeof lineStateSchema>;
