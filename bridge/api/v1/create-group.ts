import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { groupObject, groupSchema } from './group-object.ts';
import { messageWithTimeline, messageWithTimelineSchema } from './message-object.ts';
import { metadataSchema } from './metadata.ts';
import { operationObject, operationSchema } from './operation-object.ts';

const createGroupSchema = z
  .strictObject({
    participants: z
      .array(plainString(3, 254))
      .min(2)
      .max(31)
      .describe('E.164 numbers or emails, beside the line itself.'),
    text: plainString(1, 10_000).describe('The first message: Messages makes a group by sending to it.'),
    name: plainString(1, 255).optional().describe('Refused: no Mac can name a group yet.'),
    from: plainString(3, 254)
      .optional()
      .describe('Handle or id of one of your lines; chosen for you when left out.'),
    metadata: metadataSchema.optional().describe('Strings of yours, given back with the first message.'),
  })
  .meta({ id: 'CreateGroup' });

const newGroupSchema = groupSchema
  .extend({ message: messageWithTimelineSchema, operation: operationSchema })
  .meta({ id: 'NewGroup' });

/** `POST /v1/groups` */
export function createGroup(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/groups',
    schema: {
      operationId: 'createGroup',
      summary: 'Make a group with its first message',
      description:
        'The group is `pending` until the Mac has made it, which `group.created` tells; messages to it are refused until then. Messages keeps one conversation for one set of people: where it goes on with that, `sameAs` names the group that was known before.',
      tags: ['Groups'],
      security: KEYED,
      body: createGroupSchema,
      response: {
        202: answer('Accepted, with status `pending`.', newGroupSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'invalid_phone_number',
          'invalid_from',
          'sandbox_not_activated',
          'not_found',
          'action_unavailable',
          'line_unavailable',
          'no_line_available',
        ),
      },
    },
    handler: async (request, reply) => {
      const made = await once(request, (repeatable) =>
        core.createGroup(callerOf(request), request.body, repeatable),
      );
      const timeline = await core.getMessage(callerOf(request), made.message.id);
      return reply.code(202).send({
        ...groupObject(made, made.operation),
        message: await messageWithTimeline(core, timeline),
        operation: operationObject(made.operation),
      });
    },
  });
}
