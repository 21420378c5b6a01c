import type { FastifyInstance } from 'fastify';
import { requestError } from './error-reply.ts';

/**
 * Accepts `application/json` in well-formed UTF-8 and nothing else. Nothing at all is no body, also where JSON is declared:
 * the schema of the operation says whether it needs one. `__proto__` and `constructor.prototype` keys count as bad JSON.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch (cause) {
      return done(requestError('invalid_json', 'The body is not UTF-8.', { cause }));
    }
    return text === '' ? done(null, undefined) : parse(request, text, done);
  });
}
