import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { isoTime } from '../../runtime/clock.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { isoTimeSchema, plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';

const handle = plainString(1, 254);

const lookUpSchema = z
  .strictObject({
    phoneNumbers: z.array(handle).min(1).max(100).optional().describe('E.164 numbers or emails.'),
    phoneNumber: handle.optional().describe('One alone, in the place of phoneNumbers.'),
    from: plainString(3, 254)
      .optional()
      .describe('Handle or id of the line whose Mac is asked; chosen for you when left out.'),
  })
  .meta({ id: 'LookUp' });

const resultSchema = z
  .object({
    phoneNumber: z.string(),
    valid: z.boolean().describe('Whether this is a number or an email at all.'),
    imessage: z.boolean().nullable().describe('Null when nobody can tell.'),
    source: z
      .enum(['history', 'ids_cache', 'send_error', 'none'])
      .describe(
        '`history`: messages that were sent or received; `ids_cache`: what Messages asked Apple before; `send_error`: Messages refused to send.',
      ),
    seenAt: isoTimeSchema.nullable().describe('When the evidence is from.'),
    ageSeconds: z.int().nullable().describe('How old the evidence is.'),
    checkedAt: isoTimeSchema.describe('When the Mac was asked.'),
    cached: z
      .boolean()
      .describe(
        'Whether the Mac was asked for an earlier request: a yes holds for a day, a no for an hour, unless a message speaks against it.',
      ),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'LookupResult' });

/** `POST /v1/lookup` */
export function lookUp(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/lookup',
    schema: {
      operationId: 'lookUp',
      summary: 'Ask whether numbers are on iMessage',
      description:
        'Nothing is sent to anybody: a Mac that is connected tells what it already knows, within 8 seconds. Results come in the order of the question. A line is asked for 1,000 handles an hour at most.',
      tags: ['Lookup'],
      security: KEYED,
      body: lookUpSchema,
      response: {
        200: answer(
          'One result for each. The same request came before: its results, as its Mac told them.',
          z.object({ results: z.array(resultSchema) }),
        ),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'invalid_from',
          'sandbox_not_activated',
          'action_unavailable',
          'lookup_rate_limited',
          'no_line_available',
        ),
      },
    },
    handler: async (request) => {
      const { phoneNumber, phoneNumbers, from } = request.body;
      const asked = phoneNumbers ?? (phoneNumber === undefined ? [] : [phoneNumber]);
      if (asked.length === 0)
        throw requestError('missing_required_parameter', 'Required field is missing: phoneNumbers.', {
          param: 'phoneNumbers',
        });
      if (phoneNumbers && phoneNumber !== undefined)
        throw requestError('invalid_parameter_value', 'phoneNumber and phoneNumbers exclude each other.', {
          param: 'phoneNumber',
        });
      const { results, answeredAt } = await once(request, (repeatable) =>
        core.lookUp(callerOf(request), { phoneNumbers: asked, from }, repeatable),
      );
      return { results: results.map((result) => resultObject(result, answeredAt)) };
    },
  });
}

const resultObject = (
  {
    phoneNumber,
    valid,
    imessage,
    source,
    seenAt,
    checkedAt,
    cached,
    error,
  }: Awaited<ReturnType<Core['lookUp']>>['results'][number],
  now: number,
): z.infer<typeof resultSchema> => ({
  phoneNumber,
  valid,
  imessage,
  source,
  seenAt: seenAt === null ? null : isoTime(seenAt),
  ageSeconds: seenAt === null ? null : Math.max(0, Math.round((now - seenAt) / 1000)),
  checkedAt: isoTime(checkedAt),
  cached,
  ...(error === null ? {} : { error }),
});
