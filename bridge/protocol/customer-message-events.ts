import { z } from 'zod';
import { effects, timeSchema } from './common.ts';
import {
  appObjectSchema,
  attachmentObjectSchema,
  reactionObjectSchema,
  replyObjectSchema,
  runObjectSchema,
} from './customer-objects.ts';

const messageId = z.string();
const truncated = z
  .literal(true)
  .optional()
  .describe('The text is longer than 80,000 UTF-16 units or 160 KiB: only its beginning is here.');
const lineId = z.string();
const direction = z.enum(['outbound', 'inbound']);

/** The message that something happened to. */
const target = {
  messageId: z.string().nullable().describe('Null when the API never had that message.'),
  guid: z.string().optional().describe('Its name on the Mac, where messageId is null.'),
};

const reaction = {
  summary: 'A tapback was put on a message, or taken away; a changed one is both.',
  data: z.object({
    ...target,
    part: z.int(),
    reaction: reactionObjectSchema.shape.reaction,
    emoji: z.string().optional(),
    from: z.string(),
    direction,
    at: timeSchema,
    groupId: z.string().optional(),
    lineId,
  }),
};

const typing = {
  summary: 'Somebody began or stopped to type.',
  data: z.object({ from: z.string(), conversation: z.string(), lineId }),
};

/** Events about messages, reactions and typing: what each says, and its `data`. */
export const customerMessageEvents = {
  'message.sent': {
    summary: 'The message left the Mac and Apple accepted it.',
    data: z.object({
      messageId,
      to: z.string(),
      from: z.string(),
      text: z.string(),
      status: z.string(),
      sentAt: timeSchema,
      metadata: z.record(z.string(), z.string()).nullable(),
      downgraded: z
        .literal(true)
        .optional()
        .describe('It left as SMS or RCS; told again with this where Messages took that way later.'),
      lineId,
    }),
  },
  'message.delivered': {
    summary: 'The message reached a device of the recipient.',
    data: z.object({ messageId, deliveredAt: timeSchema, lineId }),
  },
  'message.read': {
    summary: 'The recipient read the message.',
    data: z.object({ messageId, readAt: timeSchema, lineId }),
  },
  'message.failed': {
    summary: 'The message will not be delivered.',
    data: z.object({
      messageId,
      error: z.object({
        code: z.string(),
        message: z.string(),
        apple: z.int().optional().describe('Number of the error in Messages.'),
        appleName: z.string().optional().describe('Our name of that number, such as `network`.'),
      }),
      failedAt: timeSchema,
      lineId,
    }),
  },
  'message.received': {
    summary: 'Somebody wrote to the line.',
    data: z.object({
      messageId,
      from: z.string(),
      to: z.string(),
      groupId: z.string().optional(),
      text: z.string(),
      truncated,
      subject: z.string().optional(),
      runs: z.array(runObjectSchema).optional(),
      attachments: z.array(attachmentObjectSchema).describe('In the order of their places in the text.'),
      replyTo: replyObjectSchema.optional(),
      stickerOn: replyObjectSchema.optional().describe('The message that a sticker was put on.'),
      effect: z.enum(effects).optional(),
      voiceNote: z.literal(true).optional(),
      app: appObjectSchema.optional(),
      filtered: z.enum(['junk', 'unknown_sender']).optional().describe('Messages put it aside as that.'),
      toSelf: z.literal(true).optional().describe('The own user wrote it to themself.'),
      backfill: z.literal(true).optional().describe('History that was asked for.'),
      service: z.string(),
      receivedAt: timeSchema,
      lineId,
    }),
  },
  'message.edited': {
    summary: 'A message, in either direction, has a new text.',
    data: z.object({
      ...target,
      direction,
      text: z.string(),
      truncated,
      previousText: z.string().optional(),
      part: z.int().describe('Number of the part that was edited.'),
      history: z
        .array(z.object({ text: z.string(), at: timeSchema, truncated }))
        .describe('Texts of that part, the original first and the present one last; at most the newest 20.'),
      editCount: z.int(),
      editedAt: timeSchema,
      groupId: z.string().optional(),
      lineId,
    }),
  },
  'message.unsent': {
    summary: 'A message, in either direction, was taken back: whole, or some parts of it.',
    data: z.object({
      ...target,
      direction,
      unsentAt: timeSchema,
      parts: z.array(z.int()).nullable().describe('Null when the whole message is gone.'),
      text: z.string().describe('What is left.'),
      truncated,
      groupId: z.string().optional(),
      lineId,
    }),
  },
  'message.scheduled': {
    summary: 'The message waits for its time.',
    data: z.object({ messageId, scheduledAt: timeSchema, lineId }),
  },
  'message.canceled': {
    summary: 'The message will not be sent: the operator of its line took it back in time.',
    data: z.object({ messageId, canceledAt: timeSchema, reason: z.literal('operator'), lineId }),
  },
  'reaction.added': reaction,
  'reaction.removed': reaction,
  'typing.started': typing,
  'typing.stopped': typing,
};
