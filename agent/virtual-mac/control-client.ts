import net from 'node:net';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import { socketPath } from '../control/socket-path.ts';
import { type ControlRequest, controlAnswerSchema, SOCKET_NAME } from './control.ts';
import { lineSplitter } from './lines.ts';

/**
 * Asks a running virtual Mac one thing and resolves with the result. Throws AppError: `virtual_mac_not_running` when
 * nobody listens, otherwise what the virtual Mac answers.
 */
export async function askVirtualMac(home: string, request: ControlRequest): Promise<unknown> {
  const answer = controlAnswerSchema.parse(JSON.parse(await exchange(home, JSON.stringify(request))));
  if ('result' in answer) return answer.result;
  if ('appleError' in answer)
    throw new AppError(`Messages answered with error ${answer.appleError}`, {
      code: 'act_failed',
      retry: 'never',
    });
  const { code, message, retry, hint } = answer.error;
  throw new AppError(message, { code, retry, ...(hint ? { hint } : {}) });
}

function exchange(home: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const split = lineSplitter();
    const socket = net.connect(socketPath(home, SOCKET_NAME));
    socket.once('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk: Buffer) => {
      const [reply] = split(chunk);
      if (reply === undefined) return;
      resolve(reply);
      socket.destroy();
    });
    socket.once('error', (error) => reject(notRunning(error)));
    socket.once('close', () => reject(notRunning(undefined)));
  });
}

function notRunning(cause: unknown): AppError {
  return new AppError('the virtual Mac is not running', {
    code: 'virtual_mac_not_running',
    retry: 'after-fix',
    hint: 'Start it: bluerelay virtual-mac run --home DIR, and name the same home here.',
    details: { reason: cause === undefined ? 'closed' : errorCode(cause) },
    cause,
  });
}
