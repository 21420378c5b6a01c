import { z } from 'zod';

/** E.164 number or email address, as the API took it and normalised it, or as Messages has it. */
export const handleSchema = z.string().min(3).max(254);

/** A text of at most so many UTF-16 units: zod counts code points. */
export const textUpTo = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => text.length <= most, `must have at most ${most} UTF-16 units`);

/** ISO 8601 UTC with milliseconds. */
export const timeSchema = z.iso.datetime({ precision: 3 });

/** Id of an order, an act or a trace. */
export const idSchema = z.string().min(1).max(64);

/** Message GUID of chat.db, without any `p:0/` or `bp:` before it. */
export const guidSchema = z.string().min(1).max(128);

/** Service of chat.db as it stands there: iMessage, SMS, RCS, iMessageLite, or a word of a later macOS. */
export const serviceSchema = z.string().min(1).max(40);

/** Number of a part of a message: a bubble. 0 is the first. */
export const partSchema = z.int().min(0).max(10_000);

/** The conversation on the Mac: the other handle, or the identifier of a group. */
export const macConversationSchema = z.strictObject({
  kind: z.enum(['direct', 'group']),
  identifier: z.string().min(1).max(254),
});

/** One part of a message. */
export const targetSchema = z.strictObject({ guid: guidSchema, part: partSchema });

/** Why something did not work: our code, and Apple's number where there is one. */
export const failureSchema = z.strictObject({
  code: z.string().min(1).max(64),
  message: z.string().max(500),
  apple: z.int().optional(),
});

/** The six tapbacks of every release, an emoji (macOS 15 and later), or a sticker. */
export const reactionSchema = z.enum([
  'love',
  'like',
  'dislike',
  'laugh',
  'emphasize',
  'question',
  'emoji',
  'sticker',
]);

/** The 13 effects of Messages: four of the bubble, nine of the screen. */
export const effects = [
  'slam',
  'loud',
  'gentle',
  'invisibleInk',
  'echo',
  'spotlight',
  'balloons',
  'confetti',
  'love',
  'lasers',
  'fireworks',
  'shootingStar',
  'celebration',
] as const;

/** What can be asked of a Mac: the rows of the capability matrix. */
export const actions = [
  'send_text',
  'send_file',
  'send_group',
  'send_effect',
  'reply',
  'react',
  'react_emoji',
  'react_part',
  'edit',
  'unsend',
  'typing',
  'mark_read',
  'create_group',
  'call_audio',
  'call_video',
  'call_end',
  'call_end_audio',
  'call_ring_timeout',
  'rename_group',
  'group_icon',
  'group_members',
  'leave_group',
  'lookup',
] as const;

export type Action = (typeof actions)[number];
export type Effect = (typeof effects)[number];
export type Reaction = z.infer<typeof reactionSchema>;
