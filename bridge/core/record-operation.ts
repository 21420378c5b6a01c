import type { CommandStateEvent } from '../protocol/events.ts';
import { nameGroup } from './name-group.ts';
import { isEnded } from './operation-state.ts';
import type { Following } from './recording.ts';

/** Stores how far an operation has come, in the timeline of its message too; returns how many deliveries it made. */
export async function recordOperation(
  following: Following,
  event: CommandStateEvent,
  source: 'agent' | 'bridge',
): Promise<number> {
  const { tx, agent, now } = following;
  const operation = await tx.findLineOperationByCommand(event.commandId);
  if (operation?.lineId !== agent.lineId || isEnded(operation.state)) return 0;
  const state = event.state === 'cancelled' ? 'canceled' : event.state;
  const error = errorOf(event);
  await tx.updateLineOperation(operation.id, { state, ...error, updatedAt: now });
  if (operation.messageId !== null && state !== operation.state)
    await tx.appendTimeline({
      messageId: operation.messageId,
      step: `${operation.kind}:${state}`,
      source,
      at: Date.parse(event.at),
      errorCode: error.errorCode,
    });
  if (state !== 'done' || !event.conversation) return 0;
  return nameGroup(following, operation, event.conversation.identifier);
}

function errorOf({ state, error }: CommandStateEvent): {
  errorCode: string | null;
  errorMessage: string | null;
} {
  if (error) return { errorCode: error.code, errorMessage: error.message };
  if (state === 'failed') return { errorCode: 'unknown', errorMessage: 'The Mac gave no reason' };
  if (state === 'uncertain') return { errorCode: 'uncertain', errorMessage: 'It may have been done' };
  return { errorCode: null, errorMessage: null };
}
