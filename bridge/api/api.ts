import type { Server } from 'node:http';
import Fastify from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Core } from '../core/types.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { productVersion } from '../runtime/product-version.ts';
import { registerEnrolment } from './agent/agent.ts';
import { registerKey } from './agent/key.ts';
import { registerAgentMedia } from './agent/media.ts';
import { FILE_LIMIT_MS, limitBodies } from './body-limit.ts';
import { answerBadPath, answerClientError } from './client-error.ts';
import { replyToError } from './error-reply.ts';
import { type Readiness, registerHealth } from './health.ts';
import { acceptJsonOnly } from './json-body.ts';
import { close, listen } from './listen.ts';
import { describeApi } from './openapi.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';
import { logFailure, logRequests } from './request-log.ts';
import type { TypedApp } from './typed-app.ts';
import { answerUnmatched } from './unmatched.ts';
import { registerV1 } from './v1/v1.ts';
import { validatorCompiler } from './validation.ts';

/** Largest JSON body, in bytes. */
const BODY_LIMIT = 256 * 1024;
const HEADER_LIMIT_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;
const MOST_REQUESTS_PER_SOCKET = 10_000;

export interface ApiOptions {
  core: Core;
  clock: Clock;
  logger: Logger;
  readiness: Readiness;
}

export interface Api {
  /** Whose upgrades the hub takes. */
  server: Server;
  /** Begins to listen; returns the URL by which this machine reaches it. Throws `port_in_use` or `cannot_listen`. */
  listen(where: { host: string; port: number }): Promise<string>;
  /** Takes no more connections, lets requests under way end, and closes; what takes too long is cut off. */
  close(hurry: AbortSignal): Promise<void>;
}

/** The bridge's HTTP side, not yet listening. Every answer has an X-Request-Id; every refusal has one shape. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const app = await buildApp(options);
  return {
    server: app.server,
    listen: (where) => listen(app, where),
    close: (hurry) => close(app, options.clock, hurry),
  };
}

async function buildApp({ core, clock, logger, readiness }: ApiOptions): Promise<TypedApp> {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: FILE_LIMIT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxRequestsPerSocket: MOST_REQUESTS_PER_SOCKET,
    http: { headersTimeout: HEADER_LIMIT_MS, maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 5_000 },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: (request) => requestIdOf(request, clock),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, clock),
    frameworkErrors: (error, request, reply) => answerBadPath(error, request.id, reply.raw),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      [REQUEST_ID_HEADER]: request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (readiness.draining()) reply.header('connection', 'close');
  });
  logRequests(app, logger);
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = replyToError(error, request.id);
    if (body.error.code === 'internal_error') logFailure(logger, request.id, error);
    const wait = body.error.details?.retryAfterSeconds;
    if (typeof wait === 'number') reply.header('retry-after', wait);
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .serializer((payload: unknown) => JSON.stringify(payload))
      .send(body);
  });
  limitBodies(app, clock);
  acceptJsonOnly(app);
  const closeRoutes = answerUnmatched(app);
  await describeApi(app, productVersion());
  registerHealth(app, { readiness, clock, logger });
  registerV1(app, core);
  registerEnrolment(app, { core, clock });
  registerKey(app, { core, clock });
  registerAgentMedia(app, { core, clock });
  app.after(closeRoutes);
  await app.ready();
  return app;
}

/** The OpenAPI 3.1 document, without a bridge that serves it. */
export async function openApiDocument(clock: Clock, logger: Logger): Promise<object> {
  const readiness: Readiness = { checkStore: () => Promise.resolve(), draining: () => true };
  const app = await buildApp({ core: nobody, clock, logger, readiness });
  try {
    return app.swagger();
  } finally {
    await app.close();
  }
}

/** Stands where no request can arrive. */
const nobody = new Proxy({} as Core, {
  get: (_target, name) => {
    throw new Error(`nothing serves ${String(name)} here`);
  },
});
