import type { Core } from '../../core/types.ts';
import { KEY_PATH, rotationSchema } from '../../protocol/rotation.ts';
import type { Clock } from '../../runtime/clock.ts';
import { plainString } from '../fields.ts';
import { BODY_ERRORS, errorAnswers, nothing } from '../operation.ts';
import type { TypedApp } from '../typed-app.ts';
import { failureHooks } from './failure-hooks.ts';

const keyBodySchema = rotationSchema.extend({ agentId: plainString(1, 64) });

/** `POST /agent/key`: an agent announces its next key. Whoever fails 30 times in a minute has to wait. */
export function registerKey(app: TypedApp, { core, clock }: { core: Core; clock: Clock }): void {
  app.route({
    method: 'POST',
    url: KEY_PATH,
    schema: {
      operationId: 'announceKey',
      summary: 'Announce the next key of an agent',
      description:
        'Both keys are good until the agent connects with the next one; from then on the older is not.',
      tags: ['Agents'],
      security: [],
      body: keyBodySchema,
      response: {
        204: nothing.describe('The next key is known, or is the present one already.'),
        ...errorAnswers(...BODY_ERRORS, 'invalid_agent_signature', 'rate_limited'),
      },
    },
    bodyLimit: 8 * 1024,
    ...failureHooks(clock),
    handler: async (request, reply) => {
      await core.rotateKey(request.body);
      return reply.code(204).send();
    },
  });
}
