import type { Core } from '../../core/types.ts';
import { enrolRequestSchema, enrolResponseSchema } from '../../protocol/enrolment.ts';
import { ENROL_PATH } from '../../protocol/limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import { requestError } from '../error-reply.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { FailureLimit } from './failure-limit.ts';

/** The request of the protocol, of text that every store can keep. */
const enrolBodySchema = enrolRequestSchema.extend({
  token: plainString(20, 200),
  publicKey: plainString(43, 43),
  name: plainString(1, 100),
  handle: plainString(3, 254),
});

const MOST_FAILURES = 30;
const WINDOW_MS = 60_000;
const REMEMBERED_CLIENTS = 10_000;

/** `POST /agent/enrol`: a single-use token becomes an agent. Whoever fails 30 times in a minute has to wait. */
export function registerEnrolment(app: TypedApp, { core, clock }: { core: Core; clock: Clock }): void {
  const limit = new FailureLimit({
    clock,
    most: MOST_FAILURES,
    windowMs: WINDOW_MS,
    clients: REMEMBERED_CLIENTS,
  });
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
    onRequest: async (request) => {
      const waitMs = limit.waitMs(request.ip);
      if (waitMs > 0)
        throw requestError('rate_limited', 'Too many failed enrolments from this address.', {
          details: { retryAfterSeconds: Math.ceil(waitMs / 1000) },
        });
    },
    onResponse: async (request, reply) => {
      if (reply.statusCode >= 400 && reply.statusCode < 500 && reply.statusCode !== 429)
        limit.failed(request.ip);
    },
    handler: async (request, reply) => reply.code(201).send(await core.enrolAgent(request.body)),
  });
}
