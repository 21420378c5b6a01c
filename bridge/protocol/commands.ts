import { z } from 'zod';
import {
  effects,
  guidSchema,
  handleSchema,
  idSchema,
  macConversationSchema,
  targetSchema,
  textUpTo,
  timeSchema,
} from './common.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';

const base = {
  /** Deduplicates: an agent carries out one id at most once. */
  id: idSchema,
  /** One trace from API call to Mac to webhook. */
  traceId: idSchema,
  issuedAt: timeSchema,
  /** After this the agent reports the command as failed with `expired` and does not act. */
  expiresAt: timeSchema,
};

/** Who goes first when a line is paced. */
export const priorities = ['otp', 'reply', 'normal', 'bulk'] as const;
export type Priority = (typeof priorities)[number];

const textSchema = textUpTo(MAX_TEXT_LENGTH).min(1);

/** A file that waits on the bridge: the agent fetches it by `mediaId` before it acts. */
const fileSchema = z.strictObject({
  mediaId: idSchema,
  name: z.string().min(1).max(200),
  mimeType: z.string().max(100),
  bytes: z.int().min(1),
  /** Hex SHA-256 of the bytes. */
  sha256: z.string().length(64),
});

/** Send a text, files, or both to one handle (`to`) or into a known conversation (`conversation`): exactly one of them. */
export const sendMessageCommandSchema = z.strictObject({
  ...base,
  type: z.literal('message.send'),
  to: handleSchema.optional(),
  conversation: macConversationSchema.optional(),
  text: textSchema.optional(),
  files: z.array(fileSchema).max(10).optional(),
  effect: z.enum(effects).optional(),
  replyTo: targetSchema.optional(),
  voiceNote: z.boolean().optional(),
  /** Which service to use; iMessage when absent. */
  service: z.enum(['iMessage', 'SMS', 'RCS']).optional(),
  /** When absent `reply` where somebody wrote within the last 24 hours, else `normal`. */
  priority: z.enum(priorities).optional(),
});

const onMessage = { ...base, conversation: macConversationSchema, target: targetSchema };

/** Replace the text of an own message. */
export const editCommandSchema = z.strictObject({
  ...onMessage,
  type: z.literal('message.edit'),
  text: textSchema,
});

/** Take an own message back. */
export const unsendCommandSchema = z.strictObject({ ...onMessage, type: z.literal('message.unsend') });

/** Put a tapback on a part of a message, or take it away. */
export const reactCommandSchema = z.strictObject({
  ...onMessage,
  type: z.literal('message.react'),
  reaction: z.enum(['love', 'like', 'dislike', 'laugh', 'emphasize', 'question', 'emoji']),
  emoji: z.string().max(32).optional(),
  action: z.enum(['add', 'remove']),
});

/** Show or hide the typing dots. */
export const typingCommandSchema = z.strictObject({
  ...base,
  type: z.literal('conversation.typing'),
  conversation: macConversationSchema,
  state: z.enum(['on', 'off']),
});

/** Mark everything in a conversation as read, which sends a receipt where those are on. */
export const readCommandSchema = z.strictObject({
  ...base,
  type: z.literal('conversation.read'),
  conversation: macConversationSchema,
});

/** Make a group by composing its first message. */
export const createGroupCommandSchema = z.strictObject({
  ...base,
  type: z.literal('group.create'),
  participants: z.array(handleSchema).min(2).max(31),
  text: textSchema,
});

/** Place a FaceTime call. The command's id is the call's id from then on. */
export const startCallCommandSchema = z.strictObject({
  ...base,
  type: z.literal('call.start'),
  to: handleSchema,
  kind: z.enum(['audio', 'video']),
  ringTimeoutSeconds: z.int().min(5).max(120),
});

/** Hang up the call that the command `callCommandId` placed. */
export const endCallCommandSchema = z.strictObject({
  ...base,
  type: z.literal('call.end'),
  callCommandId: idSchema,
});

/** Tell what is known of handles, without sending anything. Answered by a `lookup.answered` event. */
export const lookupCommandSchema = z.strictObject({
  ...base,
  type: z.literal('lookup'),
  handles: z.array(handleSchema).min(1).max(100),
});

/** Upload the bytes of a received attachment as `mediaId`, or those of the rendition that was told with it. */
export const uploadMediaCommandSchema = z.strictObject({
  ...base,
  type: z.literal('media.upload'),
  mediaId: idSchema,
  attachmentGuid: guidSchema,
  rendition: z.literal(true).optional(),
});

/** Do not carry out a command that is still waiting. */
export const cancelCommandSchema = z.strictObject({
  ...base,
  type: z.literal('command.cancel'),
  commandId: idSchema,
});

/** An order from bridge to agent. */
export const commandSchema = z.discriminatedUnion('type', [
  sendMessageCommandSchema,
  editCommandSchema,
  unsendCommandSchema,
  reactCommandSchema,
  typingCommandSchema,
  readCommandSchema,
  createGroupCommandSchema,
  startCallCommandSchema,
  endCallCommandSchema,
  lookupCommandSchema,
  uploadMediaCommandSchema,
  cancelCommandSchema,
]);

export type Command = z.infer<typeof commandSchema>;
export type SendMessageCommand = z.infer<typeof sendMessageCommandSchema>;
