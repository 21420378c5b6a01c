import { requestError } from './request-error.ts';
import { isStorable } from './storable.ts';

/** In characters, that is code points. */
const MAX_TEXT_LENGTH = 10_000;
/** Of the metadata as JSON, in UTF-16 units. */
const MAX_METADATA_LENGTH = 1_000;

/** Throws `invalid_parameter_value` for a text that no message can have. */
export function checkText(text: string): void {
  const length = text.length > MAX_TEXT_LENGTH * 2 ? Number.POSITIVE_INFINITY : [...text].length;
  if (length === 0 || length > MAX_TEXT_LENGTH)
    throw requestError('invalid_parameter_value', `text has 1 to ${MAX_TEXT_LENGTH} characters`, 'text');
  if (!isStorable(text))
    throw requestError('invalid_parameter_value', 'text holds NUL or half a surrogate pair', 'text');
}

/** Throws `invalid_parameter_value` for metadata that cannot be kept. */
export function checkMetadata(metadata: Record<string, string>): void {
  const entries = Object.entries(metadata);
  if (!entries.every(([key, value]) => isStorable(key) && isStorable(value)))
    throw requestError('invalid_parameter_value', 'metadata holds NUL or half a surrogate pair', 'metadata');
  if (JSON.stringify(metadata).length > MAX_METADATA_LENGTH)
    throw requestError(
      'invalid_parameter_value',
      `metadata has at most ${MAX_METADATA_LENGTH} characters as JSON`,
      'metadata',
    );
}
