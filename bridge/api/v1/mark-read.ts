import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { CONVERSATION_ERRORS, fromField, participantOf, participantParams } from './conversation-params.ts';
import { operationObject, operationSchema } from './operation-object.ts';

const markReadSchema = z.strictObject({ from: fromField }).nullish().meta({ id: 'MarkRead' });

/** `POST /v1/conversations/:participant/read` */
export function markRead(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/conversations/:participant/read',
    schema: {
      operationId: 'markRead',
      summary: 'Mark everything in a conversation as read',
      description:
        'The other side is told where the Mac sends read receipts. What becomes of it is told by GET /v1/operations/:id.',
      tags: ['Conversations'],
      security: KEYED,
      params: participantParams,
      body: markReadSchema,
      response: {
        202: answer('Accepted.', operationSchema),
        ...errorAnswers(...BODY_ERRORS, ...KEY_ERRORS, ...CONVERSATION_ERRORS),
      },
    },
    handler: async (request, reply) => {
      const input = { ...request.body, participant: participantOf(request.params) };
      const { operation } = await once(request, (repeatable) =>
        core.markRead(callerOf(request), input, repeatable),
      );
      return reply.code(202).send(operationObject(operation));
    },
  });
}
