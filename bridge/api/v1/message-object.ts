import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { appleErrorName } from '../../protocol/apple-errors.ts';
import { effects } from '../../protocol/common.ts';
import {
  appObjectSchema,
  attachmentObjectSchema,
  reactionObjectSchema,
  replyObjectSchema,
  runObjectSchema,
} from '../../protocol/customer-objects.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { Message, TimelineEntry } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';
import { operationObject, operationSchema } from './operation-object.ts';

export const messageStatusSchema = z.enum([
  'scheduled',
  'queued',
  'sent',
  'delivered',
  'read',
  'failed',
  'canceled',
  'unsent',
  'received',
]);
export const directionSchema = z.enum(['outbound', 'inbound']);

const timelineEntrySchema = z
  .object({
    step: z
      .string()
      .describe(
        '`accepted`, a step on the Mac such as `acting`, or a status; of what was asked of the message since, with its name before, as in `edit:acting`.',
      ),
    source: z.enum(['api', 'bridge', 'agent', 'mac']),
    at: isoTimeSchema,
    error: z.string().optional().describe('Code, where the step failed.'),
  })
  .meta({ id: 'TimelineEntry' });

const messageFields = {
  id: z.string(),
  conversationId: z.string(),
  direction: directionSchema,
  from: z.string().describe('E.164 number or email.'),
  to: z.string().describe('E.164 number or email.'),
  groupId: z.string().nullable(),
  text: z.string().describe('As it stands now: after edits, and without what was taken back.'),
  truncated: z
    .boolean()
    .describe('It came longer than 80,000 UTF-16 units or 160 KiB: only its beginning is here.'),
  subject: z.string().nullable(),
  runs: z.array(runObjectSchema),
  attachments: z.array(attachmentObjectSchema),
  replyTo: replyObjectSchema.nullable(),
  stickerOn: replyObjectSchema.nullable().describe('The message that a sticker was put on.'),
  effect: z.enum(effects).nullable(),
  voiceNote: z.boolean(),
  app: appObjectSchema.nullable().describe('What an app put into the message.'),
  filtered: z.enum(['junk', 'unknown_sender']).nullable().describe('Messages put it aside as that.'),
  reactions: z.array(reactionObjectSchema).describe('Those that stand now.'),
  editCount: z.int(),
  editedAt: isoTimeSchema.nullable(),
  unsentAt: isoTimeSchema.nullable().describe('When the whole message was taken back.'),
  status: messageStatusSchema,
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      apple: z.int().optional().describe('Number of the error in Messages.'),
      appleName: z.string().optional().describe('Our name of that number, such as `network`.'),
    })
    .nullable(),
  uncertain: z
    .object({ since: isoTimeSchema, reason: z.string() })
    .nullable()
    .describe(
      'While nobody can tell whether it was sent: it is not sent again by itself. A row in Messages, its Mac or an operator (`bluerelay outbox resolve`) settles it.',
    ),
  service: z.string().nullable().describe('`imessage`, `sms`, ...; null until the Mac knows.'),
  downgraded: z.boolean().describe('It left as SMS or RCS although it began as iMessage.'),
  createdAt: isoTimeSchema,
  sentAt: isoTimeSchema.nullable(),
  deliveredAt: isoTimeSchema.nullable(),
  readAt: isoTimeSchema.nullable(),
  pacedUntil: isoTimeSchema.nullable().describe('While its Mac holds it back: until when at the earliest.'),
  pacedRule: z.string().nullable().describe('The rule that holds it back meanwhile.'),
  lineId: z.string(),
  metadata: z.record(z.string(), z.string()).nullable(),
  mode: z.enum(['live', 'sandbox']),
  traceId: z.string().describe('The same on the Mac and in webhooks.'),
};

/** A message as lists show it. */
export const messageSchema = z.object(messageFields).meta({ id: 'Message' });

/** A message with every step of its way. */
export const messageWithTimelineSchema = z
  .object({
    ...messageFields,
    timeline: z.array(timelineEntrySchema),
    operations: z
      .array(operationSchema)
      .describe('What was asked of the message since it was there, oldest first, and how far it has come.'),
  })
  .meta({ id: 'MessageWithTimeline' });

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** Stored messages as the API shows them, with what hangs on them. */
export async function messageObjects(
  core: Core,
  messages: readonly Message[],
): Promise<z.infer<typeof messageSchema>[]> {
  const parts = await core.partsOf(messages);
  return messages.map((message) => ({
    ...messageObject(message),
    ...(parts.get(message.id) ?? { attachments: [], reactions: [] }),
  }));
}

function messageObject(message: Message): Omit<z.infer<typeof messageSchema>, 'attachments' | 'reactions'> {
  const {
    truncated,
    subject,
    replyTo,
    stickerOn,
    effect,
    app,
    filtered,
    runs,
    voiceNote,
    appleError,
    paced,
    uncertain,
  } = message.details;
  return {
    id: message.id,
    conversationId: message.conversationId,
    direction: message.direction,
    from: message.from,
    to: message.to,
    groupId: message.groupId,
    text: message.text,
    truncated: truncated ?? false,
    subject: subject ?? null,
    runs: runs ?? [],
    replyTo: replyTo === undefined ? null : replyOf(replyTo),
    stickerOn: stickerOn === undefined ? null : replyOf(stickerOn),
    effect: effect ?? null,
    voiceNote: voiceNote ?? false,
    app: app ?? null,
    filtered: filtered ?? null,
    editCount: message.editCount,
    editedAt: timeOrNull(message.editedAt),
    unsentAt: timeOrNull(message.unsentAt),
    status: message.status,
    error:
      message.errorCode === null
        ? null
        : {
            code: message.errorCode,
            message: message.errorMessage ?? message.errorCode,
            ...(appleError === undefined ? {} : { apple: appleError, appleName: appleErrorName(appleError) }),
          },
    uncertain: uncertain ? { ...uncertain, since: isoTime(uncertain.since) } : null,
    service: message.service,
    downgraded: message.details.downgraded ?? false,
    createdAt: isoTime(message.createdAt),
    sentAt: timeOrNull(message.sentAt),
    deliveredAt: timeOrNull(message.deliveredAt),
    readAt: timeOrNull(message.readAt),
    pacedUntil: timeOrNull(paced?.until ?? null),
    pacedRule: paced?.rule ?? null,
    lineId: message.lineId,
    metadata: message.metadata,
    mode: message.mode,
    traceId: message.traceId,
  };
}

/** The Mac's name of a message is for those that the API has no name of. */
const replyOf = ({ messageId, part, guid }: NonNullable<Message['details']['replyTo']>) =>
  messageId === null ? { messageId, part, guid } : { messageId, part };

/** A stored message with its timeline as the API shows it. */
export async function messageWithTimeline(
  core: Core,
  stored: { message: Message; timeline: readonly TimelineEntry[] },
): Promise<z.infer<typeof messageWithTimelineSchema>> {
  const [object] = await messageObjects(core, [stored.message]);
  if (!object) throw new Error('one message has one object');
  return {
    ...object,
    timeline: stored.timeline.map(({ step, source, at, errorCode }) => ({
      step,
      source,
      at: isoTime(at),
      ...(errorCode === null ? {} : { error: errorCode }),
    })),
    operations: (await core.operationsOf(stored.message.id)).map(operationObject),
  };
}
