import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { webhookObject, webhookSchema } from './webhook-object.ts';

/** `GET /v1/webhooks/:id` */
export function getWebhook(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/webhooks/:id',
    schema: {
      operationId: 'getWebhook',
      summary: 'Read a webhook',
      tags: ['Webhooks'],
      security: KEYED,
      params: idParams,
      response: {
        200: answer('The webhook, without its secret.', webhookSchema),
        ...errorAnswers(...KEY_ERRORS, 'not_found'),
      },
    },
    handler: async (request) =>
      webhookObject(await core.getWebhook(callerOf(request), pathId(request.params))),
  });
}
