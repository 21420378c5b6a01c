import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { operationObject, operationSchema } from './operation-object.ts';

/** `GET /v1/operations/:id` */
export function getOperation(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/operations/:id',
    schema: {
      operationId: 'getOperation',
      summary: 'Read how far something that was asked of a line has come',
      tags: ['Operations'],
      security: KEYED,
      params: idParams,
      response: {
        200: answer('The operation.', operationSchema),
        ...errorAnswers(...KEY_ERRORS, 'not_found'),
      },
    },
    handler: async (request) =>
      operationObject(await core.getOperation(callerOf(request), pathId(request.params))),
  });
}
