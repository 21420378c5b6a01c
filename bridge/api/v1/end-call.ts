import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, noFields, pathId } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { callObject, callSchema } from './call-object.ts';
import { operationObject, operationSchema } from './operation-object.ts';

const endedCallSchema = callSchema
  .extend({
    operation: operationSchema.nullable().describe('What was asked for; null when the call had ended.'),
  })
  .meta({ id: 'EndedCall' });

/** `POST /v1/calls/:id/end` */
export function endCall(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/calls/:id/end',
    schema: {
      operationId: 'endCall',
      summary: 'End a call that a request started',
      description:
        'The end is told by a webhook and by reading the call; an attempt that fails by GET /v1/operations/:id.',
      tags: ['Calls'],
      security: KEYED,
      params: idParams,
      body: noFields,
      response: {
        200: answer('The call had ended already. Or: The same request came before.', endedCallSchema),
        202: answer('Accepted: the call as it still stands.', endedCallSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'sandbox_not_activated',
          'not_found',
          'action_unavailable',
          'no_line_available',
        ),
      },
    },
    handler: async (request, reply) => {
      const id = pathId(request.params);
      const { call, operation, begun } = await once(request, (repeatable) =>
        core.endCall(callerOf(request), id, repeatable),
      );
      return reply
        .code(begun ? 202 : 200)
        .send({ ...callObject(call), operation: operation && operationObject(operation) });
    },
  });
}
