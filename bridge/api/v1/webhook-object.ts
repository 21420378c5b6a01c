import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { Webhook } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

const webhookFields = {
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()).describe('Event types or patterns; `*` is all.'),
  description: z.string().nullable(),
  enabled: z.boolean(),
  createdAt: isoTimeSchema,
  mode: z.enum(['live', 'sandbox']),
};

/** A webhook without its secret. */
export const webhookSchema = z.object(webhookFields).meta({ id: 'Webhook' });

/** A webhook as its creation answers it: the only time that the secret is shown. */
export const webhookWithSecretSchema = z
  .object({
    ...webhookFields,
    secret: z.string().describe('The whole string, `whsec_` included, is the HMAC key. Shown only now.'),
  })
  .meta({ id: 'WebhookWithSecret' });

/** A stored webhook as the API shows it. */
export function webhookObject(webhook: Webhook): z.infer<typeof webhookSchema> {
  return {
    id: webhook.id,
    url: webhook.url,
    events: webhook.events.length === 0 ? ['*'] : webhook.events,
    description: webhook.description,
    enabled: webhook.enabled,
    createdAt: isoTime(webhook.createdAt),
    mode: webhook.mode,
  };
}
