import { AppError } from '../../bridge/runtime/app-error.ts';
import { readBody } from './typedstream/attributed-body.ts';
import { encodeAttributedString } from './typedstream/encoder.ts';
import { readPlainText } from './typedstream/plain-text.ts';
import type { AttributedRun, AttributeValue } from './typedstream/values.ts';
import { badAttributedBody } from './typedstream/values.ts';

/** Blobs beyond this are refused; the largest texts of Messages are far below. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface AttributedBody {
  text: string;
  /** In order, without gaps, together as long as the text; none for an empty text. */
  runs: AttributedRun[];
  /** Set when the blob is damaged behind its text: the text is whole, the runs are those before the damage. */
  damage?: AppError;
}

/**
 * Decodes a body as Messages archives it: a typedstream whose root is an NSAttributedString (or a plain NSString).
 * Positions are in UTF-16 units. A blob that is damaged behind its text still gives the text, with `damage` set.
 * Throws only an AppError with code `bad_attributed_body`, when not even the text is whole.
 */
export function decodeAttributedBody(bytes: Uint8Array): AttributedBody {
  if (bytes.byteLength > MAX_BYTES) throw badAttributedBody('it is too large');
  return readPlainText(bufferOf(bytes)) ?? readBody(bytes);
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What can be read of a body, or null where not even its text is whole; never throws. */
export function tryAttributedBody(bytes: Uint8Array): AttributedBody | null {
  try {
    return decodeAttributedBody(bytes);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** The text of a body, or null where there is none that is whole; never throws. */
export const textOfAttributedBody = (bytes: Uint8Array): string | null =>
  tryAttributedBody(bytes)?.text ?? null;

export interface AttributedBodyInput {
  text: string;
  /** Must lie end to end and cover the text; by default one run of message part 0, or none for an empty text. */
  runs?: ReadonlyArray<{ start: number; length: number; attributes: Record<string, AttributeValue> }>;
  /** Archive NSMutableAttributedString, as most bodies composed on a Mac are, in place of NSAttributedString. */
  mutable?: boolean;
}

/**
 * Encodes a body as Messages does. Integers become NSNumber of type `i` (of `q` beyond 32 bits and where Messages
 * uses them), fractions `d`, booleans `c`; the string of a link NSURL. Throws an AppError with code
 * `bad_attributed_body` when the runs do not cover the text.
 */
export function encodeAttributedBody(body: AttributedBodyInput): Buffer {
  return encodeAttributedString(body);
}
