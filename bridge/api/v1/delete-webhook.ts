import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED, nothing } from '../operation.ts';
import { once, REPLAYED_HEADER } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';

/** `DELETE /v1/webhooks/:id` */
export function deleteWebhook(app: TypedApp, core: Core): void {
  app.route({
    method: 'DELETE',
    url: '/webhooks/:id',
    schema: {
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook and what is still to be delivered to it',
      tags: ['Webhooks'],
      security: KEYED,
      params: idParams,
      response: {
        204: nothing.describe('Deleted.'),
        ...errorAnswers(...KEY_ERRORS, ...BODY_ERRORS, 'not_found'),
      },
    },
    handler: async (request, reply) => {
      const { replayed } = await once(request, (repeatable) =>
        core.deleteWebhook(callerOf(request), pathId(request.params), repeatable),
      );
      if (replayed) reply.header(REPLAYED_HEADER, 'true');
      return reply.code(204).send();
    },
  });
}
