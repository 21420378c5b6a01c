import type { FastifyInstance } from 'fastify';
import { AppError, errorCode } from '../runtime/app-error.ts';
import type { Logger } from '../runtime/logger.ts';

/** One line per answered request: no path as it was asked, no address, no body, no key. */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    logger.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        requestId: request.id,
      },
      'request',
    );
  });
}

/** What can be told of an inner failure without repeating data: its name, code and place. */
export function logFailure(logger: Logger, requestId: string, error: unknown): void {
  const frames =
    error instanceof Error ? error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) : [];
  logger.error(
    {
      requestId,
      error: error instanceof Error ? error.name : typeof error,
      code: errorCode(error),
      ...(error instanceof AppError ? { message: error.message } : {}),
      at: frames?.slice(0, 8).map((frame) => frame.trim()),
    },
    'request failed',
  );
}
