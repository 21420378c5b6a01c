import { z } from 'zod';
import { isoTime } from '../../runtime/clock.ts';
import type { Media } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';

export const mediaSchema = z
  .object({
    id: z.string(),
    url: z.string().describe('Path of its bytes, to be asked for with the API key.'),
    filename: z.string(),
    mimeType: z.string(),
    sizeBytes: z.int(),
    kind: z.enum(['image', 'video', 'audio', 'file', 'sticker']),
    state: z
      .enum(['pending', 'stored', 'failed'])
      .describe('Whether its bytes are on their way from the Mac, here, or not coming.'),
    createdAt: isoTimeSchema,
  })
  .meta({ id: 'Media' });

/** A stored file as the API shows it. */
export const mediaObject = (media: Media): z.infer<typeof mediaSchema> => ({
  id: media.id,
  url: `/v1/media/${media.id}/content`,
  filename: media.filename,
  mimeType: media.mimeType,
  sizeBytes: media.bytes,
  kind: media.kind,
  state: media.state,
  createdAt: isoTime(media.createdAt),
});
