import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestErrorCode } from '../protocol/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import { errorReply, replyToError } from './error-reply.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

const REFUSALS: Record<string, [RequestErrorCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are too large.'],
};

/** Answers, in the shape of every error, what is not even an HTTP request, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket, clock: Clock): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = newId('req', clock.now());
  const [code, message] = REFUSALS[error.code ?? ''] ?? [
    'invalid_request',
    'This is not a valid HTTP request.',
  ];
  const { status, body } = errorReply(code, requestId, { message });
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      `${REQUEST_ID_HEADER}: ${requestId}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

/** Answers a request whose path could not be decoded, which Fastify refuses before any hook runs. */
export function answerBadPath(error: Error, requestId: string, response: ServerResponse): void {
  const { status, body } = replyToError(error, requestId);
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    [REQUEST_ID_HEADER]: requestId,
  });
  response.end(text);
}
