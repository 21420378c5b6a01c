import type { FastifyInstance } from 'fastify';
import type { Clock } from '../runtime/clock.ts';
import { requestError } from './error-reply.ts';

/** How long a request may take to arrive, in milliseconds. */
const REQUEST_LIMIT_MS = 30_000;
/** The same for one with a file: 100 MB at 1 Mbit/s. */
export const FILE_LIMIT_MS = 15 * 60_000;

/** Answers 408 where the body of a request takes too long, except on routes for files. */
export function limitBodies(app: FastifyInstance, clock: Clock): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const { headers, routeOptions } = request;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (!hasBody || routeOptions.config.longBody) return payload;
    const cancel = clock.after(REQUEST_LIMIT_MS, () => {
      reply
        .header('connection', 'close')
        .send(requestError('request_timeout', 'The request did not arrive in time.'));
    });
    payload.once('end', cancel);
    reply.raw.once('close', cancel);
    return payload;
  });
}
