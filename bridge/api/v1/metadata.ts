import { z } from 'zod';
import { plainString } from '../fields.ts';

const MOST_METADATA = 1_000;

/** Strings of the customer that are given back with what they were sent with. */
export const metadataSchema = z
  .record(plainString(1, 100), plainString(0, MOST_METADATA))
  .refine(
    (metadata) => JSON.stringify(metadata).length <= MOST_METADATA,
    `must have at most ${MOST_METADATA} characters as JSON`,
  );
