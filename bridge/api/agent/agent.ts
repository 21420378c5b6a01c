import type { Core } from '../../core/types.ts';
import { enrolRequestSchema, enrolResponseSchema } from '../../protocol/enrolment.ts';
import { ENROL_PATH } from '../../protocol/limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { failureHooks } from './failure-hooks.ts';

/** The request of the protocol, of text that every store can keep. */
const enrolBodySchema = enrolRequestSchema.extend({
  token: plainString(20, 200),
  publicKey: plainString(43, 43),
  name: plainString(1, 100),
  handle: plainString(3, 254),
});

/** `POST /agent/enrol`: a single-use token becomes an agent. Whoever fails 30 times in a minute has to wait. */
export function registerEnrolment(app: TypedApp, { core, clock }: { core: Core; clock: Clock }): void {
  app.route({
    method: 'POST',
    url: ENROL_PATH,
    schema: {
      operationId: 'enrolAgent',
      summary: 'Enrol an agent with a single-use token',
      tags: ['Agents'],
      security: [],
      body: enrolBodySchema,
      response: {
        201: answer('Enrolled: the agent may connect with its key.', enrolResponseSchema),
        ...errorAnswers(...BODY_ERRORS, 'invalid_phone_number', 'invalid_enrolment_token', 'rate_limited'),
      },
    },
    bodyLimit: 8 * 1024,
    ...failureHooks(clock),
    handler: async (request, reply) => reply.code(201).send(await core.enrolAgent(request.body)),
  });
}
