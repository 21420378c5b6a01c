import { z } from 'zod';
import { errorCode } from '../runtime/app-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { answer } from './operation.ts';
import type { TypedApp } from './typed-app.ts';

const CHECK_LIMIT_MS = 2_000;

export interface Readiness {
  /** Throws when the store does not answer. */
  checkStore(): Promise<void>;
  /** Whether the process is stopping. */
  draining(): boolean;
}

const readySchema = z.object({ status: z.enum(['ready', 'draining', 'store_unavailable']) });

async function storeAnswers(readiness: Readiness, clock: Clock, logger: Logger): Promise<boolean> {
  const giveUp = new AbortController();
  const check = readiness.checkStore().then(
    () => true,
    (error: unknown) => {
      logger.warn({ code: errorCode(error) }, 'store does not answer');
      return false;
    },
  );
  try {
    return await Promise.race([check, clock.sleep(CHECK_LIMIT_MS, giveUp.signal).then(() => false)]);
  } finally {
    giveUp.abort();
  }
}

/** `GET /healthz`: the process is up. `GET /readyz`: the store answers and the process is not stopping. */
export function registerHealth(
  app: TypedApp,
  { readiness, clock, logger }: { readiness: Readiness; clock: Clock; logger: Logger },
): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: {
      operationId: 'health',
      summary: 'Whether the process is up',
      tags: ['Health'],
      security: [],
      response: { 200: answer('It is.', z.object({ status: z.literal('ok') })) },
    },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      operationId: 'readiness',
      summary: 'Whether requests should be sent here',
      tags: ['Health'],
      security: [],
      response: {
        200: answer('Ready.', readySchema),
        503: answer('The store does not answer, or the process is stopping.', readySchema),
      },
    },
    handler: async (_request, reply) => {
      if (readiness.draining()) return reply.code(503).send({ status: 'draining' });
      const answers = await storeAnswers(readiness, clock, logger);
      return answers ? { status: 'ready' as const } : reply.code(503).send({ status: 'store_unavailable' });
    },
  });
}
