import { z } from 'zod';
import type { Core } from '../../core/types.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { acceptFiles, bytesSchema, fileOf, LONG_BODY, MIME_TYPE } from '../file-body.ts';
import { answer, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { mediaObject, mediaSchema } from './media-object.ts';

const MOST_NAME = 200;

const headersSchema = z.looseObject({
  'x-filename': z
    .string()
    .optional()
    .describe(`Name of the file, percent-encoded where it is not ASCII; at most ${MOST_NAME} characters.`),
});

/** `POST /v1/media` */
export function uploadMedia(v1: TypedApp, core: Core): void {
  v1.register(async (app: TypedApp) => {
    acceptFiles(app);
    app.route({
      method: 'POST',
      url: '/media',
      config: LONG_BODY,
      schema: {
        operationId: 'uploadMedia',
        summary: 'Upload a file to send',
        description: 'The bytes are the body, of at most 100 MB; content-type is the type of the file.',
        tags: ['Media'],
        security: KEYED,
        consumes: ['application/octet-stream'],
        headers: headersSchema,
        body: bytesSchema,
        response: {
          201: answer('Kept.', mediaSchema),
          ...errorAnswers(
            'invalid_parameter_value',
            'empty_media',
            'media_damaged',
            ...KEY_ERRORS,
            'length_required',
            'media_too_large',
            'unsupported_media_type',
          ),
        },
      },
      handler: async (request, reply) => {
        const file = {
          ...fileOf(request),
          filename: filenameOf(request.headers['x-filename']),
          mimeType: mimeTypeOf(request.headers['content-type']),
        };
        const { media } = await once(request, (repeatable) =>
          core.addMedia(callerOf(request), file, repeatable),
        );
        return reply.code(201).send(mediaObject(media));
      },
    });
  });
}

function mimeTypeOf(header: string | undefined): string {
  const [type = ''] = (header ?? 'application/octet-stream').split(';', 1);
  const lower = type.trim().toLowerCase();
  if (MIME_TYPE.test(lower)) return lower;
  throw requestError('unsupported_media_type', 'content-type is not the type of a file.', {
    hint: 'Send the type of the file, such as image/jpeg, as content-type.',
  });
}

/** What would be a path, or end a line, is no name. */
const NO_NAME = /[\p{Cc}\p{Surrogate}/\\]/u;

function filenameOf(header: string | undefined): string {
  if (header === undefined) return 'file';
  const refuse = (cause?: unknown) =>
    requestError('invalid_parameter_value', `X-Filename is not a name of 1 to ${MOST_NAME} characters.`, {
      param: 'X-Filename',
      cause,
    });
  let name: string;
  try {
    name = decodeURIComponent(header);
  } catch (cause) {
    throw refuse(cause);
  }
  if (NO_NAME.test(name) || name.trim() === '' || [...name].length > MOST_NAME) throw refuse();
  return name;
}
