import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { listOf, pageQuery, plainString } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { callObject, callSchema, callStatusSchema } from './call-object.ts';

const querySchema = z.strictObject({
  participant: plainString(3, 254).optional().describe('Either side of the call: E.164 number or email.'),
  lineId: plainString(1, 100).optional(),
  direction: z.enum(['outbound', 'inbound']).optional(),
  status: callStatusSchema.optional(),
  ...pageQuery,
});

/** `GET /v1/calls` */
export function listCalls(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/calls',
    schema: {
      operationId: 'listCalls',
      summary: 'List calls, newest first',
      tags: ['Calls'],
      security: KEYED,
      querystring: querySchema,
      response: {
        200: answer('A page of calls.', listOf(callSchema)),
        ...errorAnswers('invalid_parameter_value', ...KEY_ERRORS),
      },
    },
    handler: async (request) => {
      const { limit, cursor, participant, lineId, direction, status } = request.query;
      const filter = {
        // A plus sign that was not percent-encoded arrives as a space.
        ...(participant === undefined ? {} : { participant: participant.replace(/^ /, '+') }),
        ...(lineId === undefined ? {} : { lineId }),
        ...(direction === undefined ? {} : { direction }),
        ...(status === undefined ? {} : { status }),
      };
      const { calls, nextCursor } = await core.listCalls(callerOf(request), filter, { limit, cursor });
      return { data: calls.map(callObject), hasMore: nextCursor !== null, nextCursor };
    },
  });
}
