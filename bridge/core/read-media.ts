import type { Readable } from 'node:stream';
import type { Media, MediaFiles } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { notFound, requestError } from './request-error.ts';
import type { Caller } from './types.ts';

/** How long a request waits for bytes that are on their way, in milliseconds. */
const WAIT_MS = 20_000;
/** How often the store is asked meanwhile: the bytes may arrive at another bridge. */
const LOOK_EVERY_MS = 250;
/** After so long the customer should ask again, in seconds. */
const RETRY_AFTER_SECONDS = 10;

/** One file of the caller, whether its bytes are here or not. */
export async function getMedia(
  { store }: CoreContext,
  { accountId, mode }: Caller,
  id: string,
): Promise<Media> {
  const media = await store.findMedia(accountId, mode, id);
  if (!media) throw notFound('media');
  return media;
}

/** The bytes of a file, waited for a while when they are on their way. */
export async function openMedia(
  context: CoreContext,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): Promise<{ media: Media; content: Readable }> {
  const end = context.clock.now() + WAIT_MS;
  for (;;) {
    const media = await getMedia(context, caller, id);
    if (media.file !== null) return { media, content: await filesOf(context).read(media.file) };
    if (media.state === 'failed')
      throw requestError('media_unavailable', 'The Mac could not hand the file over');
    if (signal.aborted || context.clock.now() >= end)
      throw requestError('media_pending', 'The file is on its way from the Mac', undefined, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    await context.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Where bytes are kept; a core that only an operator's command uses has no such place. */
export function filesOf({ media }: CoreContext): MediaFiles {
  if (!media) throw new Error('this process keeps no media');
  return media;
}
