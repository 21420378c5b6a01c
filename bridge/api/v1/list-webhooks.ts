import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { listOf } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { webhookObject, webhookSchema } from './webhook-object.ts';

/** `GET /v1/webhooks` */
export function listWebhooks(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/webhooks',
    schema: {
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      tags: ['Webhooks'],
      security: KEYED,
      response: {
        200: answer('All webhooks of the key’s account and mode.', listOf(webhookSchema)),
        ...errorAnswers(...KEY_ERRORS),
      },
    },
    handler: async (request) => ({
      data: (await core.listWebhooks(callerOf(request))).map(webhookObject),
      hasMore: false,
      nextCursor: null,
    }),
  });
}
