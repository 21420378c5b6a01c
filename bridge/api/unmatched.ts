import type { FastifyInstance } from 'fastify';
import { requestError } from './error-reply.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** Answers 404 where there is no route. Call before the routes are registered; returns what to call after them. */
export function answerUnmatched(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsByUrl.set(url, methods);
  });
  app.setNotFoundHandler(() => {
    throw requestError('not_found', 'There is nothing at this path.', {
      hint: 'See /openapi.json for the paths.',
    });
  });
  return () => {
    for (const [url, known] of [...methodsByUrl]) {
      const others: Method[] = METHODS.filter((method) => !known.has(method));
      const allow = [...known].sort().join(', ');
      app.route({
        method: others,
        url,
        schema: { hide: true },
        onRequest: async (_request, reply) => {
          reply.header('allow', allow);
          throw requestError('method_not_allowed', 'This path does not take this method.');
        },
        handler: async () => undefined,
      });
    }
  };
}
