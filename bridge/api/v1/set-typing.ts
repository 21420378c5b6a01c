import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { CONVERSATION_ERRORS, fromField, participantOf, participantParams } from './conversation-params.ts';
import { operationObject, operationSchema } from './operation-object.ts';

const typingSchema = z
  .strictObject({ state: z.enum(['on', 'off']), from: fromField })
  .meta({ id: 'SetTyping' });

/** `POST /v1/conversations/:participant/typing` */
export function setTyping(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/conversations/:participant/typing',
    schema: {
      operationId: 'setTyping',
      summary: 'Show or hide the typing dots',
      description:
        'The Mac begins within 30 seconds or not at all. What becomes of it is told by GET /v1/operations/:id.',
      tags: ['Conversations'],
      security: KEYED,
      params: participantParams,
      body: typingSchema,
      response: {
        202: answer('Accepted.', operationSchema),
        ...errorAnswers(...BODY_ERRORS, ...KEY_ERRORS, ...CONVERSATION_ERRORS),
      },
    },
    handler: async (request, reply) => {
      const input = { ...request.body, participant: participantOf(request.params) };
      const { operation } = await once(request, (repeatable) =>
        core.setTyping(callerOf(request), input, repeatable),
      );
      return reply.code(202).send(operationObject(operation));
    },
  });
}
