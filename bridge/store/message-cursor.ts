import { requestErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';

/** Where a page of messages ended: the next one has smaller (createdAt, id). */
export interface MessagePosition {
  createdAt: number;
  id: string;
}

/** The opaque text of a position. */
export const writeCursor = ({ createdAt, id }: MessagePosition): string =>
  Buffer.from(`${createdAt}.${id}`, 'utf8').toString('base64url');

/** The position in a cursor that {@link writeCursor} made; throws `invalid_parameter_value` for any other text. */
export function readCursor(cursor: string): MessagePosition {
  const match = /^(\d{1,15})\.([a-z0-9_]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!match?.[1] || !match[2]) {
    const { retry } = requestErrors.invalid_parameter_value;
    throw new AppError('The cursor is not one that a list returned', {
      code: 'invalid_parameter_value',
      retry,
      hint: 'Send nextCursor of the previous page as it is, or leave cursor out.',
      param: 'cursor',
    });
  }
  return { createdAt: Number(match[1]), id: match[2] };
}
