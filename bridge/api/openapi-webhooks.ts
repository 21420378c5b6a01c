import { z } from 'zod';
import { customerEvents, type EventType, envelopeOf } from '../protocol/customer-events.ts';

const DEFINITIONS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** The same schema, with what it defines inside of itself taken from the components of the document. */
function withComponents(schema: object): object {
  const { $defs: _defined, $schema: _dialect, ...rest } = schema as Record<string, unknown>;
  return JSON.parse(JSON.stringify(rest).replaceAll(`"${DEFINITIONS}`, `"${COMPONENTS}`)) as object;
}

/** The `webhooks` of the document: every event that an endpoint may be told, with the body that is posted. */
export const describeWebhooks = (config: z.core.ToJSONSchemaParams): Record<string, object> =>
  Object.fromEntries(
    (Object.keys(customerEvents) as EventType[]).map((type) => [
      type,
      {
        post: {
          operationId: `on_${type.replace('.', '_')}`,
          summary: customerEvents[type].summary,
          tags: ['Webhooks'],
          requestBody: {
            content: {
              'application/json': {
                schema: withComponents(z.toJSONSchema(envelopeOf(type), { ...config, io: 'output' })),
              },
            },
          },
          responses: { '2XX': { description: 'Taken; anything else is tried again.' } },
        },
      },
    ]),
  );
