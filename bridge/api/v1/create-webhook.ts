import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { webhookObject, webhookSchema, webhookWithSecretSchema } from './webhook-object.ts';

const createWebhookSchema = z
  .strictObject({
    url: plainString(1, 2_000).describe('https, reachable from the public internet.'),
    events: z
      .array(plainString(1, 64))
      .min(1)
      .max(50)
      .optional()
      .describe('Event types such as `message.read`, or patterns such as `message.*`; all when left out.'),
    description: plainString(0, 500).optional(),
  })
  .meta({ id: 'CreateWebhook' });

/** `POST /v1/webhooks` */
export function createWebhook(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/webhooks',
    schema: {
      operationId: 'createWebhook',
      summary: 'Register a webhook',
      tags: ['Webhooks'],
      security: KEYED,
      body: createWebhookSchema,
      response: {
        200: answer(
          'The same request came before: the webhook that it registered, as it is now and without its secret, which is shown once. If the first answer was lost, delete the webhook and register it anew with another key.',
          webhookSchema,
        ),
        201: answer('Registered, with the secret that signs its deliveries.', webhookWithSecretSchema),
        ...errorAnswers(...BODY_ERRORS, 'invalid_url', ...KEY_ERRORS, 'webhook_duplicate', 'not_found'),
      },
    },
    handler: async (request, reply) => {
      const { webhook } = await once(request, (repeatable) =>
        core.createWebhook(callerOf(request), request.body, repeatable),
      );
      return reply.code(201).send({ ...webhookObject(webhook), secret: webhook.secret });
    },
  });
}
