import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { ACT_ERRORS, actedMessage, actedMessageSchema, HOW_TO_FOLLOW } from './acted-message.ts';

const reactSchema = z
  .strictObject({
    messageId: plainString(1, 100),
    reaction: plainString(1, 40).describe(
      '`love`, `like`, `dislike`, `laugh`, `emphasize` or `question`; the same with `-` before it takes it away; an emoji where the line can (`react_emoji` of its capabilities).',
    ),
    emoji: plainString(1, 32).optional().describe('With the reaction `emoji`: which.'),
    action: z.enum(['add', 'remove']).optional().describe('`add` when left out.'),
    partIndex: z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe(
        'Which part of the message; 0 when left out. Another is refused unless the line can (`react_part` of its capabilities).',
      ),
  })
  .meta({ id: 'React' });

/** `POST /v1/messages/react` */
export function reactToMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/messages/react',
    schema: {
      operationId: 'reactToMessage',
      summary: 'Put a tapback on a message, or take it away',
      description: `A new one takes the place of the one before. ${HOW_TO_FOLLOW}`,
      tags: ['Messages'],
      security: KEYED,
      body: reactSchema,
      response: {
        202: answer('Accepted: the message as it still stands.', actedMessageSchema),
        ...errorAnswers(...BODY_ERRORS, ...KEY_ERRORS, ...ACT_ERRORS, 'reaction_target_invalid'),
      },
    },
    handler: async (request, reply) => {
      const acted = await once(request, (repeatable) =>
        core.reactToMessage(callerOf(request), request.body, repeatable),
      );
      return reply.code(202).send(await actedMessage(core, acted));
    },
  });
}
