import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId, plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { ACT_ERRORS, actedMessage, actedMessageSchema, HOW_TO_FOLLOW } from './acted-message.ts';

const editMessageSchema = z
  .strictObject({ text: plainString(1, 10_000).describe('The whole new text.') })
  .meta({ id: 'EditMessage' });

/** `PUT /v1/messages/:id` */
export function editMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'PUT',
    url: '/messages/:id',
    schema: {
      operationId: 'editMessage',
      summary: 'Edit a message that was sent less than 15 minutes ago, 5 times at most',
      description: HOW_TO_FOLLOW,
      tags: ['Messages'],
      security: KEYED,
      params: idParams,
      body: editMessageSchema,
      response: {
        202: answer('Accepted: the message as it still stands.', actedMessageSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          ...ACT_ERRORS,
          'message_not_editable',
          'edit_window_expired',
          'edit_limit_reached',
        ),
      },
    },
    handler: async (request, reply) => {
      const id = pathId(request.params);
      const acted = await once(request, (repeatable) =>
        core.editMessage(callerOf(request), id, request.body.text, repeatable),
      );
      return reply.code(202).send(await actedMessage(core, acted));
    },
  });
}
