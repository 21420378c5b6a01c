import { z } from 'zod';
import { requestError } from './error-reply.ts';

/** Half of a surrogate pair, or NUL: what a store cannot keep. */
const UNSTORABLE = /[\p{Surrogate}\0]/u;

/** Text that every store can keep: no NUL, no half of a surrogate pair. Lengths are in characters (code points). */
export const plainString = (min: number, max: number): z.ZodString =>
  z
    .string()
    .refine((value) => !UNSTORABLE.test(value), 'must be well-formed Unicode without NUL')
    .refine((value) => {
      const length = value.length > max * 2 ? value.length : [...value].length;
      return length >= min && length <= max;
    }, `must have ${min} to ${max} characters`)
    .meta({ minLength: min, maxLength: max });

/** A point in time as ISO 8601 UTC with milliseconds. */
export const isoTimeSchema = z.string().meta({ format: 'date-time' });

/** An instant in a query: ISO 8601 with `Z` or an offset; milliseconds since the epoch after {@link Date.parse}. */
export const instantSchema = z.iso.datetime({ offset: true, error: 'must be ISO 8601 with Z or an offset' });

const ID = /^[a-z]{2,4}_[0-9a-z]{1,64}$/;

/** The id of a path; whatever could not be an id of ours is simply not found. */
export function pathId(params: { id: string }): string {
  if (!ID.test(params.id)) throw requestError('not_found', 'There is nothing with this id.');
  return params.id;
}

/** The body of an operation that asks for nothing: `{}`, or none at all. */
export const noFields = z.strictObject({}).nullish();

/** `:id` of a path. */
export const idParams = z.object({ id: z.string().describe('Id as it was answered before.') });

/** `limit` and `cursor` of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('Entries per page.'),
  cursor: plainString(1, 500).optional().describe('`nextCursor` of the page before.'),
};

/** A list as every operation answers it. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), hasMore: z.boolean(), nextCursor: z.string().nullable() });
