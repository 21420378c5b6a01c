import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { callObject, callSchema } from './call-object.ts';
import { metadataSchema } from './metadata.ts';

const startCallSchema = z
  .strictObject({
    to: plainString(3, 254).describe('E.164 number such as +14155550101, or email.'),
    from: plainString(3, 254)
      .optional()
      .describe('Handle or id of one of your lines; chosen for you when left out.'),
    type: z.enum(['audio', 'video']).default('audio'),
    ringTimeoutSeconds: z
      .int()
      .min(5)
      .max(120)
      .optional()
      .describe(
        'The Mac hangs up when nobody has answered for so long. Refused where it cannot tell whether somebody did (`call_ring_timeout` of its capabilities); left out, it is 45 where it can.',
      ),
    metadata: metadataSchema.optional().describe('Strings of yours, given back with the call.'),
  })
  .meta({ id: 'StartCall' });

/** `POST /v1/calls` */
export function startCall(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/calls',
    schema: {
      operationId: 'startCall',
      summary: 'Start a FaceTime call',
      description:
        'The Mac places it within a minute or not at all. What becomes of it is told by webhooks and by reading it; one whose fate nobody can tell has the error `uncertain`.',
      tags: ['Calls'],
      security: KEYED,
      body: startCallSchema,
      response: {
        202: answer('Accepted, with status `initiated`.', callSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'invalid_phone_number',
          'invalid_from',
          'sandbox_not_activated',
          'not_found',
          'action_unavailable',
          'line_busy',
          'line_unavailable',
          'no_line_available',
        ),
      },
    },
    handler: async (request, reply) => {
      const { call } = await once(request, (repeatable) =>
        core.startCall(callerOf(request), request.body, repeatable),
      );
      return reply.code(202).send(callObject(call));
    },
  });
}
