import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Repeatable } from '../core/types.ts';
import { requestError } from './error-reply.ts';
import { type DocumentedAnswer, errorAnswers } from './operation.ts';

const HEADER = 'idempotency-key';
/** Says of an answer that the request came before. */
export const REPLAYED_HEADER = 'idempotent-replayed';
const REPLAYED = Symbol('replayed');

const KEY = /^[\x20-\x7E]{1,255}$/;
const KEY_RULE = '1 to 255 printable ASCII characters';

/** `idempotencyKey` in the body of a send, for clients that cannot set a header. */
export const idempotencyKeySchema = z
  .string()
  .regex(KEY, `must be ${KEY_RULE}`)
  .meta({ description: 'The same as the Idempotency-Key header.', minLength: 1, maxLength: 255 });

const headersSchema = z.looseObject({
  [HEADER]: z
    .string()
    .optional()
    .meta({
      description: `Names this request, so that it can be sent again without doing anything twice: ${KEY_RULE}, unique in account, mode and path, kept for 24 hours. The same body again, also while the first is under way, is answered 200 (204 where there is nothing to show) with what the first one made and the header \`Idempotent-Replayed: true\`; another body with this key is answered 409.`,
      minLength: 1,
      maxLength: 255,
    }),
});

/**
 * Gives every POST, PUT and DELETE of `app` its idempotency key: the header and the answers of a repeat are documented, and what
 * {@link once} found to be a repeat is answered 200. Call before the routes are registered.
 */
export function acceptRepeats(app: FastifyInstance): void {
  app.decorateRequest(REPLAYED, false);
  app.addHook('onRoute', (route) => {
    if (['POST', 'PUT', 'DELETE'].includes(String(route.method))) document(route);
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    const made = reply.statusCode < 300;
    if (made && request.getDecorator<boolean>(REPLAYED)) reply.code(200).header(REPLAYED_HEADER, 'true');
    return payload;
  });
}

/**
 * Runs what makes something, with the idempotency key of the request if it has one. The answer is then written as if it
 * were the first. `bodyKey` is `idempotencyKey` of the body, where the operation takes it.
 */
export async function once<Made extends { replayed: boolean }>(
  request: FastifyRequest,
  make: (repeatable: Repeatable | undefined) => Promise<Made>,
  bodyKey?: string,
): Promise<Made> {
  const key = keyOf(request, bodyKey);
  const [path] = request.url.split('?', 1);
  const made = await make(key === undefined ? undefined : { key, operation: `${request.method} ${path}` });
  request.setDecorator<boolean>(REPLAYED, made.replayed);
  return made;
}

function keyOf(request: FastifyRequest, bodyKey: string | undefined): string | undefined {
  const header = request.headers[HEADER];
  if (header === undefined) return bodyKey;
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw requestError('invalid_parameter_value', `An idempotency key has ${KEY_RULE}.`, {
      param: 'Idempotency-Key',
    });
  }
  if (bodyKey !== undefined && bodyKey !== header) {
    throw requestError('invalid_parameter_value', 'Header and body have different idempotency keys.', {
      param: 'idempotencyKey',
    });
  }
  return header;
}

/** Adds the header, the 200 of a repeat (like the answer of the first, unless the route has its own) and the 409. */
function document(route: RouteOptions): void {
  const known = (route.schema?.response ?? {}) as Record<string, DocumentedAnswer>;
  const own = route.schema?.headers;
  const first = known[201] ?? known[202];
  const repeat = first && {
    ...first,
    description: 'The same request came before: what it made, as it is now. `Idempotent-Replayed` is `true`.',
  };
  const conflict = errorAnswers('idempotency_conflict')[409];
  const conflicts = [known[409]?.description, conflict?.description].filter((line) => line !== undefined);
  route.schema = {
    ...route.schema,
    headers: own instanceof z.ZodObject ? own.extend(headersSchema.shape) : headersSchema,
    response: {
      ...(repeat && { 200: repeat }),
      ...known,
      ...(conflict && { 409: { ...conflict, description: conflicts.join('\n') } }),
    },
  };
}
