import type { Readable } from 'node:stream';
import { MAX_MEDIA_BYTES, mediaSignedText } from '../protocol/media.ts';
import { newId } from '../runtime/ids.ts';
import { isSignedBy } from '../runtime/signature.ts';
import type { Agent, Media } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import type { MediaRequest, NewMedia } from './fact-types.ts';
import { checkRepeatable, reserve } from './idempotency.ts';
import { kindOf } from './media-kind.ts';
import { filesOf, getMedia } from './read-media.ts';
import { notFound, requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** Whether an agent may hand a file over, asked before anything of its bytes is read. */
export async function expectMedia(context: CoreContext, request: MediaRequest): Promise<{ stored: boolean }> {
  const agent = await signerOf(context, request);
  const media = await context.store.findMediaById(request.mediaId);
  if (media?.commandId !== request.commandId || media.lineId !== agent.lineId) throw notFound('media');
  return { stored: media.state === 'stored' };
}

/** Keeps the bytes of a file; those that came twice are kept once. */
export async function receiveMedia(
  context: CoreContext,
  { mediaId, sha256 }: MediaRequest,
  bytes: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  checkSize(bytes);
  const files = filesOf(context);
  const written = await files.write(content, { bytes, sha256 });
  if (!(await context.store.storeMedia(mediaId, written))) await files.remove(written.file);
}

/** The bytes of a file for the agent whose command sends it. */
export async function handOverMedia(
  context: CoreContext,
  request: MediaRequest,
): Promise<{ media: Media; content: Readable }> {
  const agent = await signerOf(context, request);
  const command = await context.store.findCommand(request.commandId);
  const names =
    command?.agentId === agent.id &&
    command.command.type === 'message.send' &&
    command.command.files?.some((file) => file.mediaId === request.mediaId);
  const media = names ? await context.store.findMediaById(request.mediaId) : undefined;
  if (!media?.file || media.accountId !== agent.accountId || media.sha256 !== request.sha256)
    throw notFound('media');
  return { media, content: await filesOf(context).read(media.file) };
}

/** Keeps a file of a customer, to be sent with messages. */
export async function addMedia(
  context: CoreContext,
  caller: Caller,
  { filename, mimeType, bytes, content }: NewMedia,
  repeatable?: Repeatable,
): Promise<{ media: Media; replayed: boolean }> {
  if (repeatable) checkRepeatable(repeatable);
  if (bytes === 0) throw requestError('empty_media', 'The file has no bytes');
  checkSize(bytes);
  const { accountId, mode } = caller;
  const files = filesOf(context);
  const written = await files.write(content, { bytes });
  const now = context.clock.now();
  const media: Media = {
    id: newId('med', now),
    accountId,
    mode,
    lineId: null,
    commandId: null,
    filename,
    mimeType,
    kind: kindOf(mimeType),
    state: 'stored',
    errorCode: null,
    createdAt: now,
    ...written,
  };
  const input = { filename, mimeType, sha256: written.sha256 };
  const resourceId = media.id;
  try {
    const earlier = await context.store.transaction(async (tx) => {
      const held = repeatable && (await reserve(tx, { caller, repeatable, input, resourceId, now }));
      if (held === undefined) await tx.insertMedia(media);
      return held;
    });
    if (earlier === undefined) return { media, replayed: false };
    await files.remove(written.file);
    return { media: await getMedia(context, caller, earlier), replayed: true };
  } catch (error) {
    await files.remove(written.file);
    throw error;
  }
}

function checkSize(bytes: number): void {
  if (bytes > MAX_MEDIA_BYTES) throw requestError('media_too_large', 'A file has at most 100 MB');
}

/** The agent that signed a request; unknown, revoked and wrong are one answer. */
async function signerOf({ store }: CoreContext, request: MediaRequest): Promise<Agent> {
  const agent = await store.findAgent(request.agentId);
  const text = mediaSignedText(request);
  const signed = [agent?.publicKey, agent?.nextPublicKey ?? undefined].some((key) =>
    isSignedBy(key, text, request.signature),
  );
  if (!agent || !signed || agent.revokedAt !== null)
    throw requestError('invalid_agent_signature', 'The request is not signed by an agent');
  return agent;
}
