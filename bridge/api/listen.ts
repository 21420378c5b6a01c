import type { AddressInfo } from 'node:net';
import { type OperatorErrorCode, operatorErrors } from '../protocol/errors.ts';
import { AppError, errorCode } from '../runtime/app-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { TypedApp } from './typed-app.ts';

/** How long requests under way may take when the process stops, in milliseconds. */
const DRAIN_LIMIT_MS = 10_000;

const WILDCARDS: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function listenError(cause: unknown, host: string, port: number): AppError {
  const systemCode = errorCode(cause);
  const code: OperatorErrorCode = systemCode === 'EADDRINUSE' ? 'port_in_use' : 'cannot_listen';
  const message =
    code === 'port_in_use'
      ? `Port ${port} of ${host} is in use`
      : `Cannot listen on port ${port} of ${host}: ${systemCode}`;
  return new AppError(message, { code, ...operatorErrors[code], cause });
}

/** Begins to listen; returns the URL by which this machine reaches it. Throws `port_in_use` or `cannot_listen`. */
export async function listen(app: TypedApp, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw listenError(cause, host, port);
  }
  const bound = app.server.address() as AddressInfo;
  const address = WILDCARDS[bound.address] ?? bound.address;
  return `http://${address.includes(':') ? `[${address}]` : address}:${bound.port}`;
}

/** Takes no more connections, lets requests under way end, and closes; what takes too long is cut off. */
export async function close(app: TypedApp, clock: Clock, hurry: AbortSignal): Promise<void> {
  const cutOff = (): void => app.server.closeAllConnections();
  const cancel = clock.after(DRAIN_LIMIT_MS, cutOff);
  hurry.addEventListener('abort', cutOff, { once: true });
  try {
    const closed = app.close();
    if (hurry.aborted) cutOff();
    await closed;
  } finally {
    cancel();
    hurry.removeEventListener('abort', cutOff);
  }
}
