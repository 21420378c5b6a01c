import { chmodSync, rmSync } from 'node:fs';
import net from 'node:net';
import { AppError, describeError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import {
  AppleEventFailure,
  type ControlAnswer,
  type ControlRequest,
  controlRequestSchema,
} from './control.ts';
import { lineSplitter } from './lines.ts';

const MAX_CONNECTIONS = 64;

export interface ControlServerOptions {
  /** Path of the Unix socket; one that nobody listens on any more is replaced. */
  path: string;
  answer: (request: ControlRequest) => Promise<unknown>;
  logger: Logger;
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Listens (0600). Throws AppError `virtual_mac_running` when another process listens there. */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  if (await somebodyListens(options.path))
    throw new AppError('a virtual Mac runs in this home already', {
      code: 'virtual_mac_running',
      retry: 'after-fix',
      hint: 'Stop it first, or use another home.',
    });
  rmSync(options.path, { force: true });
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, resolve);
  });
  chmodSync(options.path, 0o600);
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers the requests of a connection one after the other. */
function serve(socket: net.Socket, { answer, logger }: ControlServerOptions): void {
  const split = lineSplitter();
  let last: Promise<void> = Promise.resolve();
  socket.on('error', (error) => logger.debug({ code: errorCode(error) }, 'control connection broke'));
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const line of split(chunk)) {
        last = last.then(async () => {
          const reply = await replyTo(line, { answer, logger });
          if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
        });
      }
    } catch (error) {
      logger.warn({ code: errorCode(error) }, 'control request too long');
      socket.destroy();
    }
  });
}

async function replyTo(
  line: string,
  { answer, logger }: Pick<ControlServerOptions, 'answer' | 'logger'>,
): Promise<ControlAnswer> {
  try {
    return { result: await answer(controlRequestSchema.parse(JSON.parse(line))) };
  } catch (error) {
    if (error instanceof AppleEventFailure) return { appleError: error.errorNumber };
    const known = error instanceof AppError;
    if (!known) logger.error({ error: describeError(error) }, 'a control request failed');
    return {
      error: {
        code: known ? error.code : 'invalid_request',
        message: known ? error.message : 'the request could not be carried out',
        retry: known ? error.retry : 'never',
        ...(known && error.hint ? { hint: error.hint } : {}),
      },
    };
  }
}

function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
