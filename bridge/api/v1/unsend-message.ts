import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, noFields, pathId } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { ACT_ERRORS, actedMessage, actedMessageSchema, HOW_TO_FOLLOW } from './acted-message.ts';

/** `POST /v1/messages/:id/unsend` */
export function unsendMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/messages/:id/unsend',
    schema: {
      operationId: 'unsendMessage',
      summary: 'Take back a message that was sent less than 2 minutes ago',
      description: HOW_TO_FOLLOW,
      tags: ['Messages'],
      security: KEYED,
      params: idParams,
      body: noFields,
      response: {
        200: answer(
          'It was taken back, or is being taken back, already. Or: The same request came before.',
          actedMessageSchema,
        ),
        202: answer('Accepted: the message as it still stands.', actedMessageSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          ...ACT_ERRORS,
          'message_not_editable',
          'unsend_window_expired',
        ),
      },
    },
    handler: async (request, reply) => {
      const id = pathId(request.params);
      const acted = await once(request, (repeatable) =>
        core.unsendMessage(callerOf(request), id, repeatable),
      );
      return reply.code(acted.begun ? 202 : 200).send(await actedMessage(core, acted));
    },
  });
}
