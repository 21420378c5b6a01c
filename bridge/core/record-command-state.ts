import type { CallEvent, CommandStateEvent } from '../protocol/events.ts';
import { recordCall } from './record-call.ts';
import { recordMessageProgress } from './record-message-progress.ts';
import { recordOperation } from './record-operation.ts';
import { commandOf } from './record-result.ts';
import type { Following } from './recording.ts';

/** Stores how far a command has come, for whatever it carries out; returns how many deliveries it made. */
export async function recordCommandState(
  following: Following,
  event: CommandStateEvent,
  source: 'agent' | 'bridge' = 'agent',
): Promise<number> {
  const operation = await recordOperation(following, event, source);
  const call = await recordCallCommand(following, event);
  await recordNoAnswer(following, event);
  return operation + call + (await recordMessageProgress(following, event, source));
}

const hasFailed = ({ state }: CommandStateEvent): boolean => state === 'failed' || state === 'cancelled';

/** A call whose command failed was never placed; of one that is uncertain only its record in the history tells. */
async function recordCallCommand(following: Following, event: CommandStateEvent): Promise<number> {
  const { tx, agent } = following;
  if (!hasFailed(event) && event.state !== 'uncertain') return 0;
  const call = await tx.findCallByCommand(agent.lineId, event.commandId);
  if (!call || call.endedAt !== null) return 0;
  if (event.state === 'uncertain') {
    const errorMessage = 'It may have been placed; its record in the call history will tell';
    await tx.updateCall({ ...call, errorCode: 'uncertain', errorMessage });
    return 0;
  }
  const line = await tx.findLine(agent.accountId, agent.lineId);
  if (!line) throw new Error('an agent has a line');
  const failed: CallEvent = {
    type: 'call.failed',
    commandId: event.commandId,
    direction: 'outbound',
    kind: call.kind,
    handle: call.to,
    at: event.at,
    error: event.error ?? { code: 'unknown', message: 'The Mac gave no reason' },
  };
  return recordCall({ ...following, line, ordered: () => undefined }, failed);
}

/** Whoever waits for the answer to a lookup that failed is told that there is none. */
async function recordNoAnswer({ tx, agent, now }: Following, event: CommandStateEvent): Promise<void> {
  if (!hasFailed(event)) return;
  const command = await commandOf({ tx, agent }, event.commandId);
  if (command?.command.type === 'lookup')
    await tx.putCommandResult({ commandId: command.id, result: event, at: now });
}
