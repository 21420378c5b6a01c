import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { MEDIA_PATH, mediaHeaders } from '../../protocol/media.ts';
import type { Clock } from '../../runtime/clock.ts';
import { plainString } from '../fields.ts';
import { acceptFiles, bytesAnswer, bytesSchema, fileOf, LONG_BODY, sendFile } from '../file-body.ts';
import { errorAnswers, nothing } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { failureHooks } from './failure-hooks.ts';

const paramsSchema = z.object({ mediaId: plainString(1, 64) });

const headersSchema = z.looseObject({
  [mediaHeaders.agent]: plainString(1, 64),
  [mediaHeaders.command]: plainString(1, 64).describe('Id of the command that is being carried out.'),
  [mediaHeaders.sha256]: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be hex SHA-256')
    .describe('Of the bytes.'),
  [mediaHeaders.signature]: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, 'must be 64 bytes as base64url')
    .describe('ed25519, as PROTOCOL.md says.'),
});

const requestOf = (request: FastifyRequest & { params: z.infer<typeof paramsSchema> }) => {
  const headers = request.headers as Record<string, string>;
  const of = (name: keyof typeof mediaHeaders): string => headers[mediaHeaders[name]] ?? '';
  return {
    agentId: of('agent'),
    mediaId: request.params.mediaId,
    commandId: of('command'),
    sha256: of('sha256'),
    signature: of('signature'),
  };
};

const ERRORS = [
  'invalid_parameter_value',
  'missing_required_parameter',
  'invalid_agent_signature',
  'not_found',
  'rate_limited',
] as const;

/** `POST` and `GET /agent/media/:mediaId`: bytes of files between agent and bridge, each request signed by the agent. */
export function registerAgentMedia(app: TypedApp, { core, clock }: { core: Core; clock: Clock }): void {
  app.register(async (scope: TypedApp) => {
    acceptFiles(scope);
    const hooks = failureHooks(clock);
    const common = { tags: ['Agents'], security: [], params: paramsSchema, headers: headersSchema };
    scope.route({
      method: 'POST',
      url: MEDIA_PATH,
      config: LONG_BODY,
      schema: {
        ...common,
        operationId: 'receiveAgentMedia',
        summary: 'Hand over the bytes of a received attachment',
        consumes: ['application/octet-stream'],
        body: bytesSchema,
        response: {
          204: nothing.describe('Kept; also when they were before.'),
          ...errorAnswers(...ERRORS, 'media_damaged', 'length_required', 'media_too_large'),
        },
      },
      ...hooks,
      handler: async (request, reply) => {
        const { bytes, content } = fileOf(request);
        const signed = requestOf(request);
        const { stored } = await core.expectMedia(signed);
        if (!stored) await core.receiveMedia(signed, bytes, content);
        return reply.code(204).send();
      },
    });
    scope.route({
      method: 'GET',
      url: MEDIA_PATH,
      schema: {
        ...common,
        operationId: 'handOverAgentMedia',
        summary: 'Fetch the bytes of a file that a command sends',
        response: { 200: bytesAnswer('The bytes.'), ...errorAnswers(...ERRORS) },
      },
      ...hooks,
      handler: async (request, reply) => {
        const { media, content } = await core.handOverMedia(requestOf(request));
        return sendFile(reply, media, content);
      },
    });
  });
}
