import net from 'node:net';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { answerSchema, CONTROL_SOCKET, MAX_LINE_BYTES } from './lines.ts';
import { socketPath } from './socket-path.ts';

const ANSWER_LIMIT_MS = 10_000;
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Asks the agent that runs with a home. Throws AppError `agent_not_running`, or whatever the agent answered.
 */
export async function askAgent(
  home: string,
  clock: Clock,
  method: string,
  params?: unknown,
): Promise<unknown> {
  const line = await exchange(socketPath(home, CONTROL_SOCKET), clock, JSON.stringify({ method, params }));
  const answer = answerSchema.parse(JSON.parse(line));
  if ('error' in answer) {
    const { code, message, hint } = answer.error;
    throw new AppError(message, { code, retry: 'never', ...(hint ? { hint } : {}) });
  }
  return answer.result;
}

function exchange(file: string, clock: Clock, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect(file, () => socket.write(`${request}\n`));
    const fail = (error: AppError): void => {
      socket.destroy();
      reject(error);
    };
    const cancel = clock.after(ANSWER_LIMIT_MS, () => fail(silent('it does not answer')));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf('\n');
      if (end >= 0) {
        socket.destroy();
        resolve(received.slice(0, end));
      } else if (received.length > MAX_LINE_BYTES) fail(silent('its answer is too long'));
    });
    socket.on('error', (error) => fail(connectError(error)));
    socket.on('close', () => {
      cancel();
      reject(silent('it closed the connection'));
    });
  });
}

const silent = (why: string): AppError =>
  new AppError(`The agent cannot be asked: ${why}`, {
    code: 'agent_not_answering',
    retry: 'later',
    hint: 'See its log; if it hangs, restart it.',
  });

const connectError = (error: Error): AppError =>
  NOBODY.has(errorCode(error))
    ? new AppError('The agent does not run', {
        code: 'agent_not_running',
        ...agentErrors.agent_not_running,
        cause: error,
      })
    : silent(errorCode(error));
