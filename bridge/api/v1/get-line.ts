import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { lineSchema, linesOf } from './line-object.ts';

/** `GET /v1/lines/:id` */
export function getLine(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/lines/:id',
    schema: {
      operationId: 'getLine',
      summary: 'Read a line',
      tags: ['Lines'],
      security: KEYED,
      params: idParams,
      response: { 200: answer('The line.', lineSchema), ...errorAnswers(...KEY_ERRORS, 'not_found') },
    },
    handler: async (request) => {
      const id = pathId(request.params);
      const line = (await linesOf(core, callerOf(request))).find((candidate) => candidate.id === id);
      if (!line) throw requestError('not_found', 'There is nothing with this id.');
      return line;
    },
  });
}
