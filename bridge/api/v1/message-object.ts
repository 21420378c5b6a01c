import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { Message, TimelineEntry } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

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
    step: z.string().describe('`accepted`, a step on the Mac such as `acting`, or a status.'),
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
  text: z.string(),
  status: messageStatusSchema,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  service: z.string().nullable().describe('`imessage`, `sms`, ...; null until the Mac knows.'),
  createdAt: isoTimeSchema,
  sentAt: isoTimeSchema.nullable(),
  deliveredAt: isoTimeSchema.nullable(),
  readAt: isoTimeSchema.nullable(),
  lineId: z.string(),
  metadata: z.record(z.string(), z.string()).nullable(),
  mode: z.enum(['live', 'sandbox']),
  traceId: z.string().describe('The same on the Mac and in webhooks.'),
};

/** A message as lists show it. */
export const messageSchema = z.object(messageFields).meta({ id: 'Message' });

/** A message with every step of its way. */
export const messageWithTimelineSchema = z
  .object({ ...messageFields, timeline: z.array(timelineEntrySchema) })
  .meta({ id: 'MessageWithTimeline' });

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** A stored message as the API shows it. */
export function messageObject(message: Message): z.infer<typeof messageSchema> {
  return {
    id: message.id,
    conversationId: message.conversationId,
    direction: message.direction,
    from: message.from,
    to: message.to,
    groupId: null,
    text: message.text,
    status: message.status,
    error:
      message.errorCode === null
        ? null
        : { code: message.errorCode, message: message.errorMessage ?? message.errorCode },
    service: message.service,
    createdAt: isoTime(message.createdAt),
    sentAt: timeOrNull(message.sentAt),
    deliveredAt: timeOrNull(message.deliveredAt),
    readAt: timeOrNull(message.readAt),
    lineId: message.lineId,
    metadata: message.metadata,
    mode: message.mode,
    traceId: message.traceId,
  };
}

/** A stored message with its timeline as the API shows it. */
export function messageWithTimeline(stored: {
  message: Message;
  timeline: readonly TimelineEntry[];
}): z.infer<typeof messageWithTimelineSchema> {
  return {
    ...messageObject(stored.message),
    timeline: stored.timeline.map(({ step, source, at, errorCode }) => ({
      step,
      source,
      at: isoTime(at),
      ...(errorCode === null ? {} : { error: errorCode }),
    })),
  };
}
