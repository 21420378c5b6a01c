import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { LineOperation } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const operationSchema = z
  .object({
    id: z.string(),
    type: z.enum(['edit', 'unsend', 'react', 'typing', 'read', 'create_group', 'end_call']),
    state: z
      .enum(['queued', 'paced', 'acting', 'confirming', 'done', 'failed', 'uncertain', 'canceled'])
      .describe(
        '`queued`: for the Mac; `paced`: held by a rule of the line; `acting`: the Mac is at it; `confirming`: its effect is looked for; then `done`, `failed` with nothing done, `uncertain` when nobody can tell, or `canceled`.',
      ),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    messageId: z.string().nullable(),
    groupId: z.string().nullable(),
    callId: z.string().nullable(),
    lineId: z.string(),
    createdAt: isoTimeSchema,
    updatedAt: isoTimeSchema,
  })
  .meta({ id: 'Operation' });

/** What was asked of a line, as the API shows it. */
export const operationObject = (operation: LineOperation): z.infer<typeof operationSchema> => ({
  id: operation.id,
  type: operation.kind,
  state: operation.state,
  error:
    operation.errorCode === null
      ? null
      : { code: operation.errorCode, message: operation.errorMessage ?? operation.errorCode },
  messageId: operation.messageId,
  groupId: operation.groupId,
  callId: operation.callId,
  lineId: operation.lineId,
  createdAt: isoTime(operation.createdAt),
  updatedAt: isoTime(operation.updatedAt),
});
