import { isoTime } from '../runtime/clock.ts';
import type { StoredCommand } from '../store/types.ts';
import { recordCommandState } from './record-command-state.ts';
import type { Following } from './recording.ts';

/**
 * Ends the bridge's wait for a command; returns how many deliveries it made. A message that nobody has told of is marked:
 *
 * - `never_sent`: it failed with `line_offline`. The command gets a deadline long ago, so that no agent acts on it any more.
 * - `maybe_taken`: an agent may have acted and its word been lost, so that it is `uncertain`. What an agent or a row still
 *   tells decides.
 */
export async function giveUpCommand(
  recording: Following,
  { id, command }: StoredCommand,
  why: 'never_sent' | 'maybe_taken',
): Promise<number> {
  const { tx, now } = recording;
  const message = await tx.findMessageByCommand(id);
  const about = { type: 'command.state', commandId: id, at: isoTime(now) } as const;
  let deliveries = 0;
  if (!message || message.status === 'queued') {
    const error = {
      code: 'line_offline',
      message: 'The Mac of the line did not take the command before its deadline',
    };
    const fact =
      why === 'never_sent'
        ? ({ ...about, state: 'failed', error } as const)
        : ({ ...about, state: 'uncertain' } as const);
    deliveries = await recordCommandState(recording, fact, 'bridge');
  }
  const dead = why === 'never_sent' ? { ...command, expiresAt: isoTime(0) } : undefined;
  await tx.settleCommand(id, now, dead);
  return deliveries;
}
