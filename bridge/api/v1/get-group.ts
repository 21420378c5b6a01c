import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { idParams, pathId } from '../fields.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { groupObjects, groupSchema } from './group-object.ts';

/** `GET /v1/groups/:id` */
export function getGroup(app: TypedApp, core: Core): void {
  app.route({
    method: 'GET',
    url: '/groups/:id',
    schema: {
      operationId: 'getGroup',
      summary: 'Read a group',
      tags: ['Groups'],
      security: KEYED,
      params: idParams,
      response: { 200: answer('The group.', groupSchema), ...errorAnswers(...KEY_ERRORS, 'not_found') },
    },
    handler: async (request) => {
      const [group] = await groupObjects(core, [
        await core.getGroup(callerOf(request), pathId(request.params)),
      ]);
      if (!group) throw new Error('one group has one object');
      return group;
    },
  });
}
