import type { LookupAnsweredEvent, MediaUploadedEvent } from '../protocol/events.ts';
import type { StoredCommand } from '../store/types.ts';
import type { Recording } from './recording.ts';
import { requestError } from './request-error.ts';

/** Keeps what came back for a command; a file that the Mac could not hand over is marked so. */
export async function recordResult(
  { tx, agent, now }: Recording,
  event: LookupAnsweredEvent | MediaUploadedEvent,
): Promise<number> {
  const command = await commandOf({ tx, agent }, event.commandId);
  if (!command) throw requestError('not_found', 'An answer names a command that its line never had');
  await tx.putCommandResult({ commandId: command.id, result: event, at: now });
  if (event.type === 'media.uploaded' && event.error) await failMedia(tx, command.id, event.error.code);
  return 0;
}

/** A command of the line of an agent: its own, or one of an agent that was there before it. */
export async function commandOf(
  { tx, agent }: Pick<Recording, 'tx' | 'agent'>,
  id: string,
): Promise<StoredCommand | undefined> {
  const command = await tx.findCommand(id);
  const holder = command && (await tx.findAgent(command.agentId));
  return holder?.lineId === agent.lineId ? command : undefined;
}

/** Notes that the bytes which a command orders will not come; a rendition that cannot be made is shown no more. */
export async function failMedia(tx: Recording['tx'], commandId: string, code: string): Promise<void> {
  const media = await tx.findMediaByCommand(commandId);
  if (media?.state !== 'pending') return;
  await tx.updateMedia(media.id, { state: 'failed', errorCode: code });
  await tx.dropRendition(media.id);
}
