import { isoTime } from '../runtime/clock.ts';
import type { StoredCommand } from '../store/types.ts';
import { recordCommandState } from './record-command-state.ts';
import type { Following } from './recording.ts';

/**
 * Ends the bridge's wait for a command that never left it: its message failed with `line_offline`. The command gets a
 * deadline long ago, so that no agent acts on it any more. Returns how many deliveries that made.
 */
export async function giveUpCommand(recording: Following, { id, command }: StoredCommand): Promise<number> {
  const { tx, now } = recording;
  const message = await tx.findMessageByCommand(id);
  let deliveries = 0;
  if (!message || message.status === 'queued') {
    const error = {
      code: 'line_offline',
      message: 'The Mac of the line did not take the command before its deadline',
    };
    const fact = { type: 'command.state', commandId: id, at: isoTime(now), state: 'failed', error } as const;
    deliveries = await recordCommandState(recording, fact, 'bridge');
  }
  await tx.settleCommand(id, now, { ...command, expiresAt: isoTime(0) });
  return deliveries;
}
