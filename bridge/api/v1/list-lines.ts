import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { listOf } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { lineSchema, linesOf } from './line-object.ts';

/** `GET /v1/lines` */
export function listLines(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/lines',
    schema: {
      operationId: 'listLines',
      summary: 'List lines',
      tags: ['Lines'],
      security: KEYED,
      response: {
        200: answer('All lines of the account.', listOf(lineSchema)),
        ...errorAnswers(...KEY_ERRORS),
      },
    },
    handler: async (request) => ({
      data: await linesOf(core, callerOf(request)),
      hasMore: false,
      nextCursor: null,
    }),
  });
}
