import { z } from 'zod';
import {
  effects,
  failureSchema,
  guidSchema,
  handleSchema,
  idSchema,
  macConversationSchema,
  partSchema,
  reactionSchema,
  serviceSchema,
  targetSchema,
  textUpTo,
  timeSchema,
} from './common.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';

/** Longest text of an event, in UTF-16 units: people may write more than the API sends. */
export const MAX_TOLD_TEXT = MAX_TEXT_LENGTH * 4;
/** Texts that the history of an edited part holds. */
export const MAX_HISTORY = 20;

const textSchema = textUpTo(MAX_TOLD_TEXT);

/** A file of a message. `complete`: the file is whole on the Mac and can be fetched; `pending`: it was still coming. */
export const attachmentSchema = z.strictObject({
  guid: guidSchema,
  name: z.string().max(255),
  mimeType: z.string().max(100).nullable(),
  bytes: z.int().min(0),
  state: z.enum(['complete', 'pending', 'failed']),
  kind: z.enum(['image', 'video', 'audio', 'file', 'sticker']),
  /** Number of the part that it is; absent when the body does not place it. */
  part: partSchema.optional(),
  /** Where it stands in the text: UTF-16 offset of its U+FFFC; null when the body does not place it. */
  position: z.int().min(0).nullable(),
  /** Hex SHA-256 of the bytes, with `complete`. */
  sha256: z.string().length(64).optional(),
  /** What Messages heard in a voice note. */
  transcription: z.string().max(10_000).optional(),
  /** A form that is read everywhere, which this Mac can make of it: a JPEG of a HEIC, an M4A of a CAF. */
  rendition: z.strictObject({ name: z.string().max(255), mimeType: z.string().max(100) }).optional(),
});

/** What a stretch of the text is, in UTF-16 units: a mention, a link, a style, an animation or a one-time code. */
export const textRunSchema = z.strictObject({
  start: z.int().min(0),
  length: z.int().min(1),
  kind: z.enum(['mention', 'link', 'bold', 'italic', 'underline', 'strikethrough', 'effect', 'oneTimeCode']),
  /** Handle, URL, name of the animation, or code. */
  value: z.string().max(2048).optional(),
});

/** An app balloon: what can be known of it. */
export const appSchema = z.strictObject({
  bundleId: z.string().max(300),
  /** Our name of it, such as `apple_pay`, `find_my`, `poll`, `digital_touch`, `handwriting`; `other` for the rest. */
  name: z.string().max(64),
  /** Of a rich link. */
  url: z.string().max(2048).optional(),
  title: z.string().max(1000).optional(),
  summary: z.string().max(2000).optional(),
  /** The message that it changes, such as the poll of a vote. */
  updates: guidSchema.optional(),
});

/** The text is longer than an event carries: it is told up to there. */
const truncated = z.literal(true).optional();

const where = {
  /** Null when Messages never joined the row to a chat. */
  conversation: macConversationSchema.nullable(),
  service: serviceSchema,
  /** When Messages says that it happened. */
  at: timeSchema,
};

/** A person wrote to the line. */
export const messageReceivedSchema = z.strictObject({
  type: z.literal('message.received'),
  guid: guidSchema,
  ...where,
  from: handleSchema,
  /** Own address that it was sent to, where the row tells. */
  line: handleSchema.nullable().optional(),
  text: textSchema,
  truncated,
  /** Subject line of an iMessage. */
  subject: z.string().max(2000).optional(),
  runs: z.array(textRunSchema).max(500).optional(),
  attachments: z.array(attachmentSchema).max(100).optional(),
  replyTo: targetSchema.optional(),
  /** The part of a message that a sticker was put on. */
  stickerOn: targetSchema.optional(),
  effect: z.enum(effects).optional(),
  voiceNote: z.boolean().optional(),
  app: appSchema.optional(),
  /** Messages put it aside: `junk`, or `unknown_sender`. */
  filtered: z.enum(['junk', 'unknown_sender']).optional(),
  /** Written by the own user to themself. */
  toSelf: z.boolean().optional(),
  /** Told because somebody asked for history. */
  backfill: z.boolean().optional(),
});

/** An attachment that was told as pending is whole now, or will not come; or Messages heard later what a voice note says. */
export const attachmentChangedSchema = z.strictObject({
  type: z.literal('attachment.changed'),
  guid: guidSchema,
  attachment: attachmentSchema,
  at: timeSchema,
});

/** The preview of a link came after its message. */
export const linkChangedSchema = z.strictObject({
  type: z.literal('link.changed'),
  guid: guidSchema,
  app: appSchema,
  at: timeSchema,
});

/** A message, in either direction, has a new text. */
export const messageEditedSchema = z.strictObject({
  type: z.literal('message.edited'),
  guid: guidSchema,
  ...where,
  /** Null when the own user edited. */
  from: handleSchema.nullable(),
  part: partSchema,
  /** The whole text after the edit. */
  text: textSchema,
  truncated,
  /** Texts of the part up to this edit, oldest first: at most the newest 20, and fewer of very long ones. */
  history: z.array(z.strictObject({ text: textSchema, at: timeSchema, truncated })).max(MAX_HISTORY),
});

/** A message was taken back: whole, or some parts of it. */
export const messageUnsentSchema = z.strictObject({
  type: z.literal('message.unsent'),
  guid: guidSchema,
  ...where,
  from: handleSchema.nullable(),
  /** Null when the whole message is gone. */
  parts: z.array(partSchema).min(1).max(1000).nullable(),
  /** What is left. */
  text: textSchema,
  truncated,
});

/** A tapback was put on a part of a message or taken away; a changed one is a removal and an addition. */
export const reactionEventSchema = z.strictObject({
  type: z.enum(['reaction.added', 'reaction.removed']),
  /** GUID of the tapback's own row. */
  guid: guidSchema,
  ...where,
  /** Null when the own user reacted. */
  from: handleSchema.nullable(),
  target: targetSchema,
  reaction: reactionSchema,
  emoji: z.string().max(32).optional(),
});

/** What became in Messages of a message that a command sent. */
export const messageStateSchema = z.strictObject({
  type: z.enum(['message.sent', 'message.delivered', 'message.read', 'message.failed']),
  commandId: idSchema,
  guid: guidSchema,
  at: timeSchema,
  service: serviceSchema,
  /** It left as SMS or RCS although it began as iMessage. */
  downgraded: z.boolean().optional(),
  /** With `message.failed`. */
  error: failureSchema.optional(),
});

export type MacAttachment = z.infer<typeof attachmentSchema>;
export type TextRun = z.infer<typeof textRunSchema>;
export type AppBalloon = z.infer<typeof appSchema>;
export type MessageStateEvent = z.infer<typeof messageStateSchema>;
