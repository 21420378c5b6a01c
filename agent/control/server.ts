import { chmodSync, rmSync } from 'node:fs';
import net from 'node:net';
import { AppError, describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { CONTROL_SOCKET, type ControlMethod, requestSchema } from './lines.ts';
import { socketPath } from './socket-path.ts';

const MAX_CLIENTS = 16;
const MAX_REQUEST_BYTES = 64 * 1024;
const IDLE_LIMIT_MS = 30_000;

export interface ControlOptions {
  home: string;
  methods: Record<string, ControlMethod>;
  clock: Clock;
  logger: Logger;
}

/**
 * Serves the agent's control socket (0600): one JSON request a line, one JSON answer a line. Only the daemon that holds
 * the agent's lock may call it, since it removes a socket that a dead one left.
 */
export async function serveControl(options: ControlOptions): Promise<{ close(): Promise<void> }> {
  const file = socketPath(options.home, CONTROL_SOCKET);
  rmSync(file, { force: true });
  const clients = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    serveClient(socket, options);
  });
  server.maxConnections = MAX_CLIENTS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, () => {
      server.off('error', reject);
      resolve();
    });
  });
  chmodSync(file, 0o600);
  server.on('error', (error) => options.logger.error({ error: describeError(error) }, 'control socket'));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of clients) socket.destroy();
      }),
  };
}

function serveClient(socket: net.Socket, { methods, clock, logger }: ControlOptions): void {
  let pending = '';
  let answering = Promise.resolve();
  const idle = (): (() => void) => clock.after(IDLE_LIMIT_MS, () => socket.destroy());
  let cancelIdle = idle();
  socket.setEncoding('utf8');
  socket.on('error', (error) => logger.debug({ error: errorCode(error) }, 'control client'));
  socket.on('close', () => cancelIdle());
  socket.on('data', (chunk: string) => {
    cancelIdle();
    cancelIdle = idle();
    pending += chunk;
    if (pending.length > MAX_REQUEST_BYTES) {
      socket.destroy();
      return;
    }
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines)
      answering = answering.then(async () => {
        const answer = await answerTo(line, methods);
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      });
  });
}

async function answerTo(line: string, methods: Record<string, ControlMethod>): Promise<unknown> {
  try {
    const { method, params } = readRequest(line);
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!run)
      throw new AppError('The agent does not know this request', {
        code: 'unknown_request',
        retry: 'never',
        hint: 'Use a CLI of the same version as the agent.',
      });
    return { result: (await run(params)) ?? null };
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : undefined;
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: errorCode(error), message, ...(hint ? { hint } : {}) } };
  }
}

function readRequest(line: string): { method: string; params?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const request = requestSchema.safeParse(value);
  if (!request.success)
    throw new AppError('The request is not of the control socket', {
      code: 'invalid_request',
      retry: 'never',
    });
  return request.data;
}
