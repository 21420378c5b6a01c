import type { LinkChangedEvent } from '../protocol/events.ts';
import { appOf } from './record-received.ts';
import type { Recording } from './recording.ts';
import { requestError } from './request-error.ts';

/** Keeps the preview of a link that came after its message; customers see it in the message. */
export async function recordLinkChanged(recording: Recording, event: LinkChangedEvent): Promise<number> {
  const { tx, line } = recording;
  const message = await tx.lockMessageByGuid(line.id, event.guid);
  if (!message) throw requestError('not_found', 'No message has the link whose preview came');
  const app = await appOf(recording, event.app);
  await tx.updateMessage(message.id, { details: { ...message.details, app } });
  return 0;
}
