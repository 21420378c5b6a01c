import { isoTime } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { StoredCommand } from '../store/types.ts';
import { recordCommandState } from './record-command-state.ts';
import type { Following } from './recording.ts';

/** Why nobody may ever tell what became of commands that a Mac was sent. */
const REASONS = {
  journal: 'The Mac lost its journal, or an older copy of it was put back',
  revoked: 'The Mac that had it was revoked',
  replaced: 'Another Mac took the place of the one that had it',
  silent: 'Its Mac took it, and was not heard of up to its deadline',
} as const;

/**
 * Ends the wait for commands that may have been carried out without anybody ever telling: what they were to do is
 * uncertain, until a row or a Mac tells it all the same. Bytes of files are asked for once more. Returns how many deliveries
 * that made.
 */
export async function loseCommands(
  following: Following,
  commands: readonly StoredCommand[],
  why: keyof typeof REASONS,
): Promise<number> {
  let deliveries = 0;
  for (const command of commands) deliveries += await lose(following, command, why);
  return deliveries;
}

async function lose(
  following: Following,
  { id, command }: StoredCommand,
  why: keyof typeof REASONS,
): Promise<number> {
  const { tx, agent, now } = following;
  if (command.type === 'media.upload') {
    await tx.settleCommand(id, now);
    if (why === 'revoked' || why === 'silent') return 0;
    const again = { ...command, id: newId('cmd', now), issuedAt: isoTime(now) };
    await tx.appendCommand({
      agentId: agent.id,
      id: again.id,
      messageId: null,
      command: again,
      createdAt: now,
    });
    await tx.updateMedia(command.mediaId, { commandId: again.id });
    return 0;
  }
  const message = await tx.findMessageByCommand(id);
  if (message && (message.status !== 'queued' || message.details.uncertain)) return 0;
  const fact = {
    type: 'command.state',
    commandId: id,
    state: 'uncertain',
    at: isoTime(now),
    error: { code: 'uncertain', message: REASONS[why] },
  } as const;
  const deliveries = await recordCommandState(following, fact, 'bridge');
  await tx.settleCommand(id, now);
  return deliveries;
}
