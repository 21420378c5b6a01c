import { z } from 'zod';
import { timeSchema } from './common.ts';
import { appSchema, textRunSchema } from './message-events.ts';

/** What a customer sees of parts of messages, the same in the API and in events. */

/** A file of a message. */
export const attachmentObjectSchema = z
  .object({
    id: z.string().nullable().describe('Id of the media; null when there is nothing to fetch.'),
    filename: z.string(),
    mimeType: z.string().nullable(),
    sizeBytes: z.int(),
    kind: z.enum(['image', 'video', 'audio', 'file', 'sticker']),
    state: z
      .enum(['complete', 'pending', 'failed'])
      .describe('On the Mac: whole, still coming, or not coming any more.'),
    url: z.string().nullable().describe('Path of its bytes, to be asked for with the API key.'),
    part: z
      .int()
      .nullable()
      .describe('Number of its part of the message, as tapbacks and unsends name it; null when unknown.'),
    position: z
      .int()
      .nullable()
      .describe('UTF-16 offset of its U+FFFC in the text, where the text places it.'),
    transcription: z.string().nullable().describe('What Messages heard in a voice note.'),
    rendition: z
      .object({ id: z.string(), filename: z.string(), mimeType: z.string(), url: z.string() })
      .nullable()
      .describe('The same as JPEG (of a HEIC) or M4A (of a CAF), made by the Mac; null where there is none.'),
  })
  .meta({ id: 'Attachment' });

/** Another message that this one speaks of. */
export const replyObjectSchema = z
  .object({
    messageId: z.string().nullable().describe('Null when the API never had that message.'),
    part: z.int(),
    guid: z.string().optional().describe('Its name on the Mac, where messageId is null.'),
  })
  .meta({ id: 'ReplyTarget' });

/** A tapback that stands on a message. */
export const reactionObjectSchema = z
  .object({
    reaction: z.enum(['love', 'like', 'dislike', 'laugh', 'emphasize', 'question', 'emoji', 'sticker']),
    emoji: z.string().optional(),
    from: z.string(),
    direction: z.enum(['outbound', 'inbound']),
    part: z.int(),
    at: timeSchema,
  })
  .meta({ id: 'Reaction' });

/** A stretch of the text, in UTF-16 units. */
export const runObjectSchema = z.object(textRunSchema.shape).meta({ id: 'TextRun' });

/** What an app put into a message. */
export const appObjectSchema = z
  .object({
    ...appSchema.shape,
    updates: z
      .object({ messageId: z.string().nullable(), guid: z.string().optional() })
      .optional()
      .describe(
        'The message that it changes, such as the poll of a vote; by `guid` where the API never had it.',
      ),
  })
  .meta({ id: 'AppBalloon' });

export type AttachmentObject = z.infer<typeof attachmentObjectSchema>;
export type AppObject = z.infer<typeof appObjectSchema>;
export type ReactionObject = z.infer<typeof reactionObjectSchema>;
