import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { messageWithTimeline, messageWithTimelineSchema } from './message-object.ts';

/** `GET /v1/messages/:id` */
export function getMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/messages/:id',
    schema: {
      operationId: 'getMessage',
      summary: 'Read a message and every step of its way',
      tags: ['Messages'],
      security: KEYED,
      params: idParams,
      response: {
        200: answer('The message.', messageWithTimelineSchema),
        ...errorAnswers(...KEY_ERRORS, 'not_found'),
      },
    },
    handler: async (request) =>
      messageWithTimeline(core, await core.getMessage(callerOf(request), pathId(request.params))),
  });
}
