import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requestError } from './error-reply.ts';
import type { TypedApp } from './typed-app.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    longBody?: boolean;
  }
}

/** Routes with this `config` may take minutes to receive; all others have to be whole soon. */
export const LONG_BODY = { longBody: true };

/** A body of bytes, for the document; nothing of it is looked at. */
export const bytesSchema = z.any().meta({ type: 'string', format: 'binary' });

/** The answer of an operation that sends the bytes of a file. */
export const bytesAnswer = (description: string) => ({
  description,
  content: { 'application/octet-stream': { schema: bytesSchema } },
});

/** Hands bodies of any type to the operations of `app` as they come, without keeping them. */
export function acceptFiles(app: TypedApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

/** The body as it comes, and how long it says that it is; throws `length_required` when it does not say. */
export function fileOf(request: FastifyRequest): { bytes: number; content: AsyncIterable<Uint8Array> } {
  const length = request.headers['content-length'];
  if (length === undefined || !/^\d{1,15}$/.test(length))
    throw requestError('length_required', 'The request does not say how long its body is.');
  return { bytes: Number(length), content: (request.body ?? []) as AsyncIterable<Uint8Array> };
}

/** Sends the bytes of a file, to be kept and not shown. */
export function sendFile(
  reply: FastifyReply,
  { filename, mimeType, bytes }: { filename: string; mimeType: string; bytes: number },
  content: Readable,
): FastifyReply {
  return reply
    .headers({
      'content-type': MIME_TYPE.test(mimeType) ? mimeType : 'application/octet-stream',
      'content-length': bytes,
      'content-disposition': dispositionOf(filename),
      'content-security-policy': "default-src 'none'; sandbox",
    })
    .send(content);
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}";

/** Type and subtype, without parameters. */
export const MIME_TYPE = new RegExp(`^${TOKEN}/${TOKEN}$`);

/** The name in ASCII for old clients, and as it is for others. */
function dispositionOf(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
