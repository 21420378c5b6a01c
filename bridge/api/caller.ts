import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller, Core } from '../core/types.ts';

const CALLER = Symbol('caller');

/** Lets only requests with a good `x-api-key` into the operations of `app`, before anything of the body is read. */
export function requireKey(app: FastifyInstance, core: Core): void {
  app.decorateRequest(CALLER, null);
  app.addHook('onRequest', async (request) => {
    const key = request.headers['x-api-key'];
    request.setDecorator<Caller>(CALLER, await core.authenticate(typeof key === 'string' ? key : undefined));
  });
}

/** Who asks, in an operation behind {@link requireKey}. */
export const callerOf = (request: FastifyRequest): Caller => request.getDecorator<Caller>(CALLER);
