import { AppError } from '../../../bridge/runtime/app-error.ts';

/**
 * What an attribute may hold. NSNumber is a number, a bigint beyond 2^53, or a boolean when it was archived as a
 * char of 0 or 1; NSURL is its absolute string; NSDate a Date; NSData bytes; NSArray and NSSet arrays; NSDictionary
 * an object; nil and NSNull are null. An object of any other class is `{ $class, values }` with its fields in order.
 */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | AttributeValue[]
  | AttributeRecord;

export interface AttributeRecord {
  [key: string]: AttributeValue;
}

/** A stretch of text with its attributes; `start` and `length` in UTF-16 units. */
export interface AttributedRun {
  start: number;
  length: number;
  attributes: Record<string, AttributeValue>;
}

/** The only error of the decoder and the encoder. */
export function badAttributedBody(why: string, details?: Record<string, unknown>): AppError {
  return new AppError(`attributedBody cannot be read: ${why}`, {
    code: 'bad_attributed_body',
    retry: 'never',
    hint: 'The text column of the row, where it is set, holds the same text without its attributes.',
    ...(details ? { details } : {}),
  });
}
