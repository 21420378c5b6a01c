import { z } from 'zod';
import { timeSchema } from './common.ts';
import { customerCallEvents } from './customer-call-events.ts';
import { customerLineEvents } from './customer-line-events.ts';
import { customerMessageEvents } from './customer-message-events.ts';

/** Every type of event that a customer may be told, with what it says and its `data`. */
export const customerEvents = { ...customerMessageEvents, ...customerCallEvents, ...customerLineEvents };

export type EventType = keyof typeof customerEvents;

/** The `data` of an event of a type. */
export type EventData<T extends EventType> = z.infer<(typeof customerEvents)[T]['data']>;

/** The whole body of a webhook of a type, as it is signed and posted. */
export const envelopeOf = (type: EventType) =>
  z.object({
    id: z.string().describe('The same in every attempt and replay: drop what was seen.'),
    type: z.literal(type),
    timestamp: timeSchema.describe('When the event was stored.'),
    mode: z.enum(['live', 'sandbox']),
    data: customerEvents[type].data as z.ZodType,
  });
