import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { idParams, pathId, plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { lineSchema, linesOf } from './line-object.ts';

const banSchema = z
  .strictObject({
    status: z.enum(['none', 'banned']),
    reason: plainString(1, 300).optional().describe('What you saw, for people; kept while it is banned.'),
  })
  .meta({ id: 'SetLineBan' });

/** `PUT /v1/lines/:id/ban` */
export function setLineBan(app: TypedApp, core: Core): void {
  app.route({
    method: 'PUT',
    url: '/lines/:id/ban',
    schema: {
      operationId: 'setLineBan',
      summary: 'Say that a line is banned, or is not any more',
      description:
        'Apple tells nobody of a ban: whoever sees one says so here. Nothing leaves from a banned line: what waits for its Mac fails with `line_banned`, and requests are refused. When the ban is taken back, the caps of the line come back in quarters, day by day.',
      tags: ['Lines'],
      security: KEYED,
      params: idParams,
      body: banSchema,
      response: {
        200: answer('The line as it stands now. The same request came before: the same.', lineSchema),
        ...errorAnswers(...BODY_ERRORS, ...KEY_ERRORS, 'not_found'),
      },
    },
    handler: async (request) => {
      const id = pathId(request.params);
      const caller = callerOf(request);
      const { status, reason } = request.body;
      const word = status === 'banned' ? { banned: true as const, reason } : { banned: false as const };
      await once(request, (repeatable) => core.sayBan(caller, id, word, repeatable));
      const line = (await linesOf(core, caller)).find((candidate) => candidate.id === id);
      if (!line) throw requestError('not_found', 'There is nothing with this id.');
      return line;
    },
  });
}
