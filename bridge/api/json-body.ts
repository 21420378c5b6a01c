import type { FastifyInstance } from 'fastify';
import { requestError } from './error-reply.ts';

/**
 * Accepts `application/json` in well-formed UTF-8 and nothing else. Clients that declare JSON on a DELETE
 * without a body are forgiven. `__proto__` and `constructor.prototype` keys count as bad JSON.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0 && request.method === 'DELETE') return done(null, undefined);
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch (cause) {
      return done(requestError('invalid_json', 'The body is not UTF-8.', { cause }));
    }
    return parse(request, text, done);
  });
}
