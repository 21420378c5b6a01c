import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { Call } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const callStatusSchema = z.enum([
  'initiated',
  'ringing',
  'answered',
  'ended',
  'declined',
  'missed',
  'failed',
]);

export const callSchema = z
  .object({
    id: z.string(),
    direction: z.enum(['outbound', 'inbound']),
    type: z.enum(['audio', 'video']),
    from: z.string().nullable().describe('Null when the Mac does not tell.'),
    to: z.string().nullable().describe('Null when the Mac does not tell.'),
    lineId: z.string(),
    status: callStatusSchema,
    endReason: z
      .string()
      .nullable()
      .describe(
        'Who or what ended it: `api_request`, or `unknown` where the Mac does not tell; null while it stands, or nobody answered.',
      ),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: isoTimeSchema,
    ringingAt: isoTimeSchema.nullable(),
    answeredAt: isoTimeSchema.nullable(),
    endedAt: isoTimeSchema.nullable(),
    durationSeconds: z.number().describe('From answer to end; 0 when nobody answered.'),
    metadata: z.record(z.string(), z.string()).nullable(),
    mode: z.enum(['live', 'sandbox']),
  })
  .meta({ id: 'Call' });

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** A stored call as the API shows it. */
export const callObject = (call: Call): z.infer<typeof callSchema> => ({
  id: call.id,
  direction: call.direction,
  type: call.kind,
  from: call.from,
  to: call.to,
  lineId: call.lineId,
  status: call.status,
  endReason: call.endReason,
  error:
    call.errorCode === null ? null : { code: call.errorCode, message: call.errorMessage ?? call.errorCode },
  createdAt: isoTime(call.createdAt),
  ringingAt: timeOrNull(call.ringingAt),
  answeredAt: timeOrNull(call.answeredAt),
  endedAt: timeOrNull(call.endedAt),
  durationSeconds: call.durationSeconds,
  metadata: call.metadata,
  mode: call.mode,
});
