import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../runtime/clock.ts';
import { requestError } from '../error-reply.ts';
import { FailureLimit } from './failure-limit.ts';

const MOST_FAILURES = 30;
const WINDOW_MS = 60_000;
const REMEMBERED_CLIENTS = 10_000;

/** Hooks of a route that anybody can reach: whoever fails 30 times in a minute has to wait. */
export function failureHooks(clock: Clock): {
  onRequest(request: FastifyRequest): Promise<void>;
  onResponse(request: FastifyRequest, reply: FastifyReply): Promise<void>;
} {
  const limit = new FailureLimit({
    clock,
    most: MOST_FAILURES,
    windowMs: WINDOW_MS,
    clients: REMEMBERED_CLIENTS,
  });
  return {
    async onRequest(request) {
      const waitMs = limit.waitMs(request.ip);
      if (waitMs > 0)
        throw requestError('rate_limited', 'Too many failed requests from this address.', {
          details: { retryAfterSeconds: Math.ceil(waitMs / 1000) },
        });
    },
    async onResponse(request, reply) {
      if (reply.statusCode >= 400 && reply.statusCode < 500 && reply.statusCode !== 429)
        limit.failed(request.ip);
    },
  };
}
