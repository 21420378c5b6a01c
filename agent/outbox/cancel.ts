import type { CallEvent } from '../../bridge/protocol/events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { JournalChange, JournaledCommand } from '../journal/types.ts';
import { step } from './step.ts';

/** The step that takes back a command; undefined for one of which something was done, or which is over. */
export function cancelling(command: JournaledCommand, at: number): JournalChange | undefined {
  const waits = (command.state === 'queued' || command.state === 'paced') && command.part === 0;
  if (!waits) return undefined;
  const change = step(command, { type: 'cancel' }, at);
  return { ...change, events: [...endOfCanceled(command, at), ...(change.events ?? [])] };
}

/** A call that was taken back before it was placed is over, and nobody was called. */
function endOfCanceled({ id, command }: JournaledCommand, at: number): CallEvent[] {
  if (command?.type !== 'call.start') return [];
  const { to: handle, kind } = command;
  const about = { commandId: id, direction: 'outbound', kind, handle, at: isoTime(at) } as const;
  return [{ type: 'call.ended', ...about, durationSeconds: 0, endReason: 'api_request' }];
}
