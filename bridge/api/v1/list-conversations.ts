import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { isoTime } from '../../runtime/clock.ts';
import { callerOf } from '../caller.ts';
import { isoTimeSchema, listOf, pageQuery, plainString } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { directionSchema } from './message-object.ts';

const count = z.int();

const conversationSchema = z
  .object({
    id: z.string(),
    participant: z.string().describe('E.164 number or email; the id of the group where it is one.'),
    isGroup: z.boolean(),
    groupId: z.string().nullable(),
    lineId: z.string(),
    messageCount: count,
    inboundCount: count,
    outboundCount: count,
    firstMessageAt: isoTimeSchema.nullable(),
    lastMessageAt: isoTimeSchema.nullable(),
    lastInboundAt: isoTimeSchema.nullable(),
    lastOutboundAt: isoTimeSchema.nullable(),
    lastMessage: z.object({
      id: z.string(),
      text: z.string(),
      direction: directionSchema,
      at: isoTimeSchema,
    }),
    mode: z.enum(['live', 'sandbox']),
  })
  .meta({ id: 'Conversation' });

const querySchema = z.strictObject({
  participant: plainString(3, 254).optional().describe('E.164 number, email, or the id of a group.'),
  ...pageQuery,
});

/** `GET /v1/conversations` */
export function listConversations(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/conversations',
    schema: {
      operationId: 'listConversations',
      summary: 'List conversations by participant, those of the newest messages first',
      description:
        'One for each participant and line in which something was said. What was said is at GET /v1/messages?participant=.',
      tags: ['Conversations'],
      security: KEYED,
      querystring: querySchema,
      response: {
        200: answer('A page of conversations.', listOf(conversationSchema)),
        ...errorAnswers('invalid_parameter_value', ...KEY_ERRORS, 'not_found', 'group_pending'),
      },
    },
    handler: async (request) => {
      const { limit, cursor, participant } = request.query;
      // A plus sign that was not percent-encoded arrives as a space.
      const filter = { participant: participant?.replace(/^ /, '+') };
      const page = await core.listConversations(callerOf(request), filter, { limit, cursor });
      return {
        data: page.conversations.map(conversationObject),
        hasMore: page.nextCursor !== null,
        nextCursor: page.nextCursor,
      };
    },
  });
}

type Read = Awaited<ReturnType<Core['listConversations']>>['conversations'][number];

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

const conversationObject = ({ known, last, groupId }: Read): z.infer<typeof conversationSchema> => ({
  id: known.conversation.id,
  participant: groupId ?? known.conversation.participant,
  isGroup: known.conversation.kind === 'group',
  groupId,
  lineId: known.conversation.lineId,
  messageCount: known.messageCount,
  inboundCount: known.inboundCount,
  outboundCount: known.outboundCount,
  firstMessageAt: timeOrNull(known.firstMessageAt),
  lastMessageAt: timeOrNull(known.lastMessageAt),
  lastInboundAt: timeOrNull(known.lastInboundAt),
  lastOutboundAt: timeOrNull(known.lastOutboundAt),
  lastMessage: { id: last.id, text: last.text, direction: last.direction, at: isoTime(last.createdAt) },
  mode: known.conversation.mode,
});
