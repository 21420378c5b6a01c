import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, listOf, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { lineUsageObject, lineUsageSchema } from './line-usage-object.ts';

const day = () => z.iso.date({ error: 'must be a day such as 2026-01-31' }).optional();

const querySchema = z.strictObject({
  from: day().describe('First day; 30 days before `to` when left out.'),
  to: day().describe('Last day; that of the line which is now when left out. At most 366 days.'),
});

/** `GET /v1/lines/:id/usage` */
export function getLineUsage(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/lines/:id/usage',
    schema: {
      operationId: 'getLineUsage',
      summary: 'Read the use of a line day by day',
      description:
        'Days are those of the place of the line, in their order. Days of which its Mac told nothing are left out.',
      tags: ['Lines'],
      security: KEYED,
      params: idParams,
      querystring: querySchema,
      response: {
        200: answer('The days.', listOf(lineUsageSchema)),
        ...errorAnswers(...KEY_ERRORS, 'invalid_parameter_value', 'not_found'),
      },
    },
    handler: async (request) => {
      const used = await core.usageOfLine(callerOf(request), pathId(request.params), request.query);
      return { data: used.map(lineUsageObject), hasMore: false, nextCursor: null };
    },
  });
}
