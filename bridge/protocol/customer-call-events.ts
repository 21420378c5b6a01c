import { z } from 'zod';
import { timeSchema } from './common.ts';

const call = {
  callId: z.string(),
  direction: z.enum(['outbound', 'inbound']),
  type: z.enum(['audio', 'video']),
  from: z.string().nullable().describe('Null when the Mac does not tell.'),
  to: z.string().nullable().describe('Null when the Mac does not tell.'),
  lineId: z.string(),
};

/** Events about calls; exactly one of `ended`, `declined`, `missed` and `failed` comes for each call. */
export const customerCallEvents = {
  'call.initiated': {
    summary: 'A call is being placed.',
    data: z.object({ ...call, at: timeSchema }),
  },
  'call.ringing': {
    summary: 'The Mac shows it as placed; whether a device of the other side rings, nobody can tell.',
    data: z.object({ ...call, at: timeSchema }),
  },
  'call.answered': {
    summary: 'It was answered; told at the end where the Mac shows it no earlier.',
    data: z.object({ ...call, answeredAt: timeSchema }),
  },
  'call.ended': {
    summary: 'A call is over that was answered, or that a request ended before (then its duration is 0).',
    data: z.object({
      ...call,
      endReason: z.enum(['caller_hangup', 'callee_hangup', 'api_request', 'line_lost', 'unknown']),
      durationSeconds: z.number(),
      endedAt: timeSchema,
    }),
  },
  'call.declined': { summary: 'Somebody refused it.', data: z.object({ ...call, at: timeSchema }) },
  'call.missed': { summary: 'Nobody answered.', data: z.object({ ...call, at: timeSchema }) },
  'call.failed': {
    summary: 'It could not be placed, or broke off.',
    data: z.object({
      ...call,
      error: z.object({ code: z.string(), message: z.string() }),
      at: timeSchema,
    }),
  },
};
