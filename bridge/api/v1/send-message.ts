import { z } from 'zod';
import type { Core, SendMessageInput } from '../../core/types.ts';
import { priorities } from '../../protocol/commands.ts';
import { effects } from '../../protocol/common.ts';
import { callerOf } from '../caller.ts';
import { requestError } from '../error-reply.ts';
import { plainString } from '../fields.ts';
import { answer, BODY_ERRORS, errorAnswers, KEY_ERRORS, KEYED } from '../operation.ts';
import { idempotencyKeySchema, once } from '../repeats.ts';
import type { TypedApp } from '../typed-app.ts';
import { messageWithTimeline, messageWithTimelineSchema } from './message-object.ts';
import { metadataSchema } from './metadata.ts';

const EFFECTS = [...effects, 'invisible', 'sparkles', 'hearts', 'happy_birthday'] as const;

const attachmentSchema = z
  .strictObject({
    mediaId: plainString(1, 100).optional().describe('What uploading the file to /v1/media answered.'),
    url: plainString(1, 2_000).optional().describe('Refused: files are not fetched from elsewhere.'),
    mimeType: plainString(1, 100).optional().describe('With url.'),
    filename: plainString(1, 255).optional().describe('With url.'),
  })
  .meta({ id: 'SendAttachment' });

const sendMessageSchema = z
  .strictObject({
    to: plainString(3, 254).describe('E.164 number such as +14155550101, email, or the id of a group.'),
    from: plainString(3, 254)
      .optional()
      .describe('Handle or id of one of your lines; chosen for you when left out.'),
    text: plainString(1, 10_000).optional().describe('May be left out beside attachments.'),
    attachments: z.array(attachmentSchema).optional().meta({ description: '10 at most.', maxItems: 10 }),
    effect: z.enum(EFFECTS).optional().describe('The last four are other names of effects.'),
    replyTo: plainString(1, 100)
      .optional()
      .describe('Id of the message of this conversation that this one answers inline.'),
    voiceNote: z
      .boolean()
      .optional()
      .describe(
        'The one attachment goes as a Core Audio file (.caf) like those of voice notes: it is one, or a sound of which the Mac makes it: .mp3, .m4a, .aac, .wav, .aif, .aiff or .aifc. It arrives as an audio file: no program can mark it as a recording.',
      ),
    service: z
      .enum(['imessage', 'sms', 'rcs'])
      .optional()
      .describe(
        'What it leaves by, to a handle: iMessage when left out. `sms` and `rcs` need an iPhone that relays them for the Mac of the line; without one the message fails with `service_unavailable`.',
      ),
    priority: z
      .enum(priorities)
      .optional()
      .describe(
        'Who goes first while the line is paced. When left out `reply` where somebody wrote within 24 hours, else `normal`. `otp` is for one-time codes: not held by quiet hours, and not sent after ten minutes.',
      ),
    expiresInSeconds: z
      .int()
      .min(10)
      .max(30 * 24 * 3_600)
      .optional()
      .describe(
        'If it has not left by then it is not sent any more; a day, with `otp` ten minutes, when left out.',
      ),
    metadata: metadataSchema.optional().describe('Strings of yours, given back with the message.'),
    idempotencyKey: idempotencyKeySchema.optional(),
  })
  .meta({ id: 'SendMessage' });

/** `POST /v1/messages` */
export function sendMessage(app: TypedApp, core: Core): void {
  app.route({
    method: 'POST',
    url: '/messages',
    schema: {
      operationId: 'sendMessage',
      summary: 'Send a message',
      description:
        'Answers once the message is stored; what becomes of it is told by webhooks and by reading it.',
      tags: ['Messages'],
      security: KEYED,
      body: sendMessageSchema,
      response: {
        202: answer('Accepted, with status `queued`.', messageWithTimelineSchema),
        ...errorAnswers(
          ...BODY_ERRORS,
          ...KEY_ERRORS,
          'invalid_phone_number',
          'invalid_attachments',
          'reply_target_invalid',
          'reply_target_conversation_mismatch',
          'invalid_from',
          'sandbox_not_activated',
          'not_found',
          'action_unavailable',
          'group_pending',
          'line_unavailable',
          'no_line_available',
        ),
      },
    },
    handler: async (request, reply) => {
      const { idempotencyKey, ...body } = request.body;
      const input: SendMessageInput = { ...body, attachments: body.attachments?.map(mediaIdOf) };
      const sent = await once(
        request,
        (repeatable) => core.sendMessage(callerOf(request), input, repeatable),
        idempotencyKey,
      );
      return reply.code(202).send(await messageWithTimeline(core, sent));
    },
  });
}

function mediaIdOf({ mediaId, url }: z.infer<typeof attachmentSchema>, index: number): string {
  if (url !== undefined)
    throw requestError(
      'invalid_attachments',
      'Files are not fetched from elsewhere; upload it to /v1/media first.',
      { param: `attachments[${index}].url` },
    );
  if (mediaId === undefined)
    throw requestError('invalid_attachments', 'An attachment needs a mediaId.', {
      param: `attachments[${index}].mediaId`,
    });
  return mediaId;
}
