import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { describeWebhooks } from './openapi-webhooks.ts';

const zodToJsonConfig: z.core.RegistryToJSONSchemaParams = {
  /** What is answered may gain fields, so only what is asked for is closed; an absent body is `null`. */
  override: ({ zodSchema, jsonSchema }) => {
    if (zodSchema instanceof z.ZodObject && !zodSchema.def.catchall) delete jsonSchema.additionalProperties;
    if (zodSchema instanceof z.ZodUndefined) jsonSchema.type = 'null';
  },
};
const describeRoute = createJsonSchemaTransform({ zodToJsonConfig });
const describeSchemas = createJsonSchemaTransformObject({ zodToJsonConfig });

interface Components {
  schemas?: Record<string, unknown>;
}

/** Leaves out component schemas that nothing of the document refers to. */
function withoutUnused<Document extends { components?: Components }>(document: Document): Document {
  for (;;) {
    const schemas = document.components?.schemas ?? {};
    const text = JSON.stringify(document);
    const used = Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`));
    if (used.length === Object.keys(schemas).length) return document;
    document = { ...document, components: { ...document.components, schemas: Object.fromEntries(used) } };
  }
}

/** Serves the OpenAPI 3.1 document of all routes that are registered after this at `GET /openapi.json`. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'BlueRelay',
        version,
        description:
          'Send and receive iMessages through Macs of your own. Every answer has an `X-Request-Id`; every error has the shape of `Error`.',
      },
      servers: [{ url: '/', description: 'The bridge that serves this document.' }],
      tags: [
        { name: 'Messages' },
        { name: 'Webhooks' },
        { name: 'Conversations' },
        { name: 'Calls' },
        { name: 'Groups' },
        { name: 'Media' },
        { name: 'Lookup' },
        { name: 'Operations' },
        { name: 'Lines' },
        { name: 'Agents' },
        { name: 'Health' },
      ],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'x-api-key',
            description: '`sk_live_…` or `sk_sandbox_…`; the prefix chooses the mode.',
          },
        },
      },
    },
    transform: describeRoute,
    transformObject: (document) =>
      withoutUnused({
        ...(describeSchemas(document) as { components?: Components }),
        webhooks: describeWebhooks(zodToJsonConfig),
      }) as ReturnType<typeof describeSchemas>,
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
