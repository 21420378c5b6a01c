import { z } from 'zod';
import { handleSchema, timeSchema } from './commands.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';

/** Message GUID of chat.db. */
const guidSchema = z.string().min(1).max(128);

/** Service of chat.db as it stands there: iMessage, SMS, RCS, iMessageLite, or a word of a later macOS. */
const serviceSchema = z.string().min(1).max(40);

/** The conversation on the Mac: the other handle, or the identifier of a group. */
export const macConversationSchema = z.strictObject({
  kind: z.enum(['direct', 'group']),
  identifier: z.string().min(1).max(254),
});

/** A person wrote to the line. */
export const messageReceivedSchema = z.strictObject({
  type: z.literal('message.received'),
  guid: guidSchema,
  /** Absent when Messages never joined the row to a chat. */
  conversation: macConversationSchema.nullable(),
  from: handleSchema,
  service: serviceSchema,
  text: z.string().max(MAX_TEXT_LENGTH * 4),
  /** When Messages says that it was sent. */
  at: timeSchema,
});

/** What became of a command on its way to Messages. `at` is when it happened on the Mac. */
export const commandStateSchema = z.strictObject({
  type: z.literal('command.state'),
  commandId: z.string().min(1).max(64),
  state: z.enum(['queued', 'acting', 'confirming', 'done', 'failed', 'uncertain']),
  at: timeSchema,
  /** GUID of the row that proves the act, once known. */
  guid: guidSchema.optional(),
  error: z.strictObject({ code: z.string().min(1).max(64), message: z.string().max(500) }).optional(),
});

/** What became in Messages of a message that a command sent. */
export const messageStateSchema = z.strictObject({
  type: z.enum(['message.sent', 'message.delivered', 'message.read', 'message.failed']),
  commandId: z.string().min(1).max(64),
  guid: guidSchema,
  at: timeSchema,
  service: serviceSchema,
  /** With `message.failed`: our code, and Apple's number as chat.db gives it. */
  error: z
    .strictObject({
      code: z.string().min(1).max(64),
      message: z.string().max(500),
      apple: z.int().optional(),
    })
    .optional(),
});

/** A fact from agent to bridge. */
export const agentEventSchema = z.discriminatedUnion('type', [
  messageReceivedSchema,
  commandStateSchema,
  messageStateSchema,
]);

export type AgentEvent = z.infer<typeof agentEventSchema>;
export type MessageReceivedEvent = z.infer<typeof messageReceivedSchema>;
export type CommandStateEvent = z.infer<typeof commandStateSchema>;
export type MessageStateEvent = z.infer<typeof messageStateSchema>;
