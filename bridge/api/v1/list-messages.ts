import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import type { MessageFilter } from '../../store/types.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { instantSchema, listOf, pageQuery, plainString } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { directionSchema, messageObjects, messageSchema, messageStatusSchema } from './message-object.ts';

const querySchema = z.strictObject({
  participant: plainString(3, 254).optional().describe('Either side of the message: E.164 number or email.'),
  to: plainString(3, 254).optional().describe('Another name of participant.'),
  lineId: plainString(1, 100).optional(),
  groupId: plainString(1, 100).optional(),
  q: plainString(1, 200)
    .optional()
    .describe(
      'Words that must all occur in the text; at most 8. A page looks through 10,000 messages at most, so that one may hold few or none while `nextCursor` leads on.',
    ),
  direction: directionSchema.optional(),
  status: messageStatusSchema.optional(),
  since: instantSchema.optional().describe('Created at or after.'),
  until: instantSchema.optional().describe('Created before.'),
  ...pageQuery,
});

type Query = z.infer<typeof querySchema>;

/** A plus sign that was not percent-encoded arrives as a space. */
const withPlus = (handle: string | undefined): string | undefined => handle?.replace(/^ /, '+');

const MOST_WORDS = 8;

const wordsOf = (q: string): string[] => {
  const words = q.split(/\s+/).filter((word) => word !== '');
  if (words.length > MOST_WORDS)
    throw requestError('invalid_parameter_value', `q has at most ${MOST_WORDS} words.`, { param: 'q' });
  return words;
};

function filterOf(query: Query): Omit<MessageFilter, 'accountId' | 'mode'> {
  const named = withPlus(query.participant);
  const alias = withPlus(query.to);
  if (named !== undefined && alias !== undefined && named !== alias)
    throw requestError('invalid_parameter_value', 'to and participant name the same filter and differ.', {
      param: 'to',
    });
  const participant = named ?? alias;
  return {
    ...(participant === undefined ? {} : { participant }),
    ...(query.q === undefined ? {} : { words: wordsOf(query.q) }),
    ...(query.groupId === undefined ? {} : { groupId: query.groupId }),
    ...(query.lineId === undefined ? {} : { lineId: query.lineId }),
    ...(query.direction === undefined ? {} : { direction: query.direction }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.since === undefined ? {} : { since: Date.parse(query.since) }),
    ...(query.until === undefined ? {} : { until: Date.parse(query.until) }),
  };
}

/** `GET /v1/messages` */
export function listMessages(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/messages',
    schema: {
      operationId: 'listMessages',
      summary: 'List messages, newest first',
      tags: ['Messages'],
      security: KEYED,
      querystring: querySchema,
      response: {
        200: answer('A page of messages.', listOf(messageSchema)),
        ...errorAnswers('invalid_parameter_value', ...KEY_ERRORS),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const page = await core.listMessages(callerOf(request), filterOf(request.query), { limit, cursor });
      return {
        data: await messageObjects(core, page.messages),
        hasMore: page.nextCursor !== null,
        nextCursor: page.nextCursor,
      };
    },
  });
}
