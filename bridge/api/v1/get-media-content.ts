import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { bytesAnswer, sendFile } from '../file-body.ts';
import { errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';

/** `GET /v1/media/:id/content` */
export function getMediaContent(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/media/:id/content',
    schema: {
      operationId: 'getMediaContent',
      summary: 'Fetch the bytes of a file',
      description: 'Waits up to 20 seconds for a file that is on its way from the Mac.',
      tags: ['Media'],
      security: KEYED,
      params: idParams,
      response: {
        200: bytesAnswer('The bytes, with the type and the name of the file.'),
        ...errorAnswers(...KEY_ERRORS, 'not_found', 'media_unavailable', 'media_pending'),
      },
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { media, content } = await core.openMedia(callerOf(request), pathId(request.params), gone.signal);
      return sendFile(reply, media, content);
    },
  });
}
