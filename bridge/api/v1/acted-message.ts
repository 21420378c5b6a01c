import type { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { messageWithTimeline, messageWithTimelineSchema } from './message-object.ts';
import { operationObject, operationSchema } from './operation-object.ts';

/** Codes that asking something of a message may be answered with, beside those of every operation. */
export const ACT_ERRORS = [
  'sandbox_not_activated',
  'not_found',
  'action_unavailable',
  'line_unavailable',
  'no_line_available',
] as const;

/** How to learn what became of it. */
export const HOW_TO_FOLLOW =
  'What becomes of it is told by `operation.state`: in `operations` and `timeline` of the message (steps such as `edit:acting`), and by GET /v1/operations/:id. The message itself changes, and a webhook tells, when Messages shows the change.';

export const actedMessageSchema = messageWithTimelineSchema
  .extend({
    operation: operationSchema.nullable().describe('What was asked for; null when there was nothing to do.'),
  })
  .meta({ id: 'ActedMessage' });

/** A message of which something was asked, as the API shows it. */
export async function actedMessage(
  core: Core,
  acted: Awaited<ReturnType<Core['editMessage']>>,
): Promise<z.infer<typeof actedMessageSchema>> {
  const { operation } = acted;
  return {
    ...(await messageWithTimeline(core, acted)),
    operation: operation && operationObject(operation),
  };
}
