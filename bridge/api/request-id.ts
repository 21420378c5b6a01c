import type { IncomingMessage } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';

/** Header that names a request in every answer; a client may set it. */
export const REQUEST_ID_HEADER = 'x-request-id';

const ACCEPTABLE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's own id when it is 1 to 128 letters, digits and `._:-`, otherwise a new `req_…`. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>, clock: Clock): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : newId('req', clock.now());
}
