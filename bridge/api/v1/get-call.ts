import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { callObject, callSchema } from './call-object.ts';

/** `GET /v1/calls/:id` */
export function getCall(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/calls/:id',
    schema: {
      operationId: 'getCall',
      summary: 'Read a call',
      tags: ['Calls'],
      security: KEYED,
      params: idParams,
      response: { 200: answer('The call.', callSchema), ...errorAnswers(...KEY_ERRORS, 'not_found') },
    },
    handler: async (request) => callObject(await core.getCall(callerOf(request), pathId(request.params))),
  });
}
