import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { listOf, pageQuery } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { groupObjects, groupSchema } from './group-object.ts';

/** `GET /v1/groups` */
export function listGroups(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/groups',
    schema: {
      operationId: 'listGroups',
      summary: 'List groups, newest first',
      tags: ['Groups'],
      security: KEYED,
      querystring: z.strictObject(pageQuery),
      response: {
        200: answer('A page of groups.', listOf(groupSchema)),
        ...errorAnswers('invalid_parameter_value', ...KEY_ERRORS),
      },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const { groups, nextCursor } = await core.listGroups(callerOf(request), { limit, cursor });
      return { data: await groupObjects(core, groups), hasMore: nextCursor !== null, nextCursor };
    },
  });
}
