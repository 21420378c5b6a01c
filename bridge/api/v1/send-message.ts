import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { idempotencyKeySchema, once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { messageWithTimeline, messageWithTimelineSchema } from './message-object.ts';

const MOST_METADATA = 1_000;

const metadataSchema = z
  .record(plainString(1, 100), plainString(0, MOST_METADATA))
  .refine(
    (metadata) => JSON.stringify(metadata).length <= MOST_METADATA,
    `must have at most ${MOST_METADATA} characters as JSON`,
  );

const sendMessageSchema = z
  .strictObject({
    to: plainString(3, 254).describe('E.164 number such as +14155550101, or email.'),
    from: plainString(3, 254)
      .optional()
      .describe('Handle or id of one of your lines; chosen for you when left out.'),
    text: plainString(1, 10_000),
    metadata: metadataSchema.optional().describe('Strings of yours, given back with the message.'),
    idempotencyKey: idempotencyKeySchema.optional(),
  })
  .meta({ id: 'SendMessage' });

/** `POST /v1/messages` */
export function sendMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/messages',
    schema: {
      operationId: 'sendMessage',
      summary: 'Send a message',
      description:
        'Answers once the message is stored; what becomes of it is told by webhooks and by reading it.',
      tags: ['Messages'],
      security: KEYED,
      body: sendMessageSchema,
      response: {
        202: answer('Accepted, with status `queued`.', messageWithTimelineSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'invalid_phone_number',
          'invalid_from',
          'sandbox_not_activated',
          'no_line_available',
        ),
      },
    },
    handler: async (request, reply) => {
      const { idempotencyKey, ...input } = request.body;
      const sent = await once(
        request,
        (repeatable) => core.sendMessage(callerOf(request), input, repeatable),
        idempotencyKey,
      );
      return reply.code(202).send(await messageWithTimeline(core, sent));
    },
  });
}
