import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './eventually.ts';

/** The part of a customer event that every event has. */
export interface ReceivedEvent {
  id: string;
  type: string;
  timestamp: string;
  mode: string;
  data: Record<string, unknown>;
}

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The exact bytes of the body. */
  raw: Buffer;
  /** The parsed body; undefined when it is not JSON. */
  event: ReceivedEvent | undefined;
  /**
   * Whether `x-bluereplies-signature`, over the raw bytes, and the `v1` signature over `{t}.{raw}` match the secret
   * that was set when the request came; undefined while no secret is set.
   */
  signed: boolean | undefined;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** What to say: an answer, `hang` (take the request and never answer) or `cut` (destroy the socket). */
type ReceiverAnswer =
  | { status: number; headers?: Record<string, string>; body?: string | Buffer }
  | 'hang'
  | 'cut';

export interface WebhookReceiver {
  /** `http://127.0.0.1:<port>/hook`. */
  url: string;
  /** Everything that came, in the order in which it was complete. */
  requests: ReceivedRequest[];
  /** TCP connections that were ever opened to it. */
  connections(): number;
  /** The first request, past or coming, that the predicate accepts. */
  waitFor(predicate: (request: ReceivedRequest) => boolean, within?: number): Promise<ReceivedRequest>;
  /** From now on requests are checked, and answered 401 when their signature is wrong. */
  setSecret(secret: string): void;
  /** Changes how requests are answered from now on. */
  setAnswer(answer: (request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer>): void;
  close(): Promise<void>;
}

export interface WebhookReceiverOptions {
  /** 200 without a body when absent. */
  answer?: (request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer>;
  /** The whole `whsec_…` string. */
  secret?: string;
  /** Any free port when absent. */
  port?: number;
}

const hmac = (secret: string, data: string | Buffer): string =>
  createHmac('sha256', secret).update(data).digest('hex');

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Checks a delivery as a customer would, over the raw bytes. */
export function isSigned(headers: IncomingHttpHeaders, raw: Buffer, secret: string): boolean {
  const plain = String(headers['x-bluereplies-signature'] ?? '');
  const timed = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-bluereplies-signature-v1'] ?? ''));
  if (!timed) return false;
  const [, time = '', signature = ''] = timed;
  return (
    same(plain, hmac(secret, raw)) &&
    same(signature, hmac(secret, Buffer.concat([Buffer.from(`${time}.`), raw])))
  );
}

function parsed(raw: Buffer): ReceivedEvent | undefined {
  try {
    return JSON.parse(raw.toString('utf8')) as ReceivedEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A customer's webhook endpoint on this machine: real HTTP, verifies signatures over raw bytes, records all. */
export async function startWebhookReceiver(options: WebhookReceiverOptions = {}): Promise<WebhookReceiver> {
  let answer = options.answer ?? ((): ReceiverAnswer => ({ status: 200 }));
  let secret = options.secret;
  let connections = 0;
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => response.destroy());
    incoming.on('end', async () => {
      const raw = Buffer.concat(chunks);
      const request: ReceivedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        raw,
        event: parsed(raw),
        signed: secret === undefined ? undefined : isSigned(incoming.headers, raw, secret),
        at: Date.now(),
      };
      requests.push(request);
      const said: ReceiverAnswer = request.signed === false ? { status: 401 } : await answer(request);
      if (said === 'hang') return;
      if (said === 'cut') {
        response.destroy();
        return;
      }
      response.writeHead(said.status, said.headers);
      response.end(said.body);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    connections: () => connections,
    waitFor: (predicate, within = 20_000) =>
      eventually(() => requests.find(predicate), { within, what: 'the awaited webhook request' }),
    setSecret: (next) => {
      secret = next;
    },
    setAnswer: (next) => {
      answer = next;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
