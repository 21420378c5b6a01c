import type { Command } from '../protocol/commands.ts';
import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { Media, Message } from '../store/types.ts';
import type { Recording } from './recording.ts';

/** A Mac that was away has so long to hand a file over, in milliseconds. */
const UPLOAD_LIFETIME_MS = 7 * 24 * 3_600_000;

/** Orders the bytes of a file that is whole on the Mac, or of what the Mac makes of it. The command's id is what the agent signs its upload with. */
export async function orderUpload(
  { tx, agent, now, ordered }: Recording,
  order: { media: Media; message: Message; guid: string; rendition?: true },
): Promise<void> {
  const { media, message, guid, rendition } = order;
  const command: Command = {
    id: newId('cmd', now),
    traceId: message.traceId,
    issuedAt: isoTime(now),
    expiresAt: isoTime(now + UPLOAD_LIFETIME_MS),
    type: 'media.upload',
    mediaId: media.id,
    attachmentGuid: guid,
    ...(rendition ? { rendition } : {}),
  };
  await tx.appendCommand({ agentId: agent.id, id: command.id, messageId: null, command, createdAt: now });
  await tx.updateMedia(media.id, { commandId: command.id });
  ordered();
}
