import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { mediaObject, mediaSchema } from './media-object.ts';

/** `GET /v1/media/:id` */
export function getMedia(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/media/:id',
    schema: {
      operationId: 'getMedia',
      summary: 'Read what is known of a file',
      tags: ['Media'],
      security: KEYED,
      params: idParams,
      response: { 200: answer('The file.', mediaSchema), ...errorAnswers(...KEY_ERRORS, 'not_found') },
    },
    handler: async (request) => mediaObject(await core.getMedia(callerOf(request), pathId(request.params))),
  });
}
