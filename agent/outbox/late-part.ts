import type { CommandPatch, Journal, JournaledCommand } from '../journal/types.ts';
import { partsOf } from './parts.ts';
import type { OutboxEvent } from './states.ts';

/** What the next act of a command begins with. */
export const nextPart = ({ part }: JournaledCommand): CommandPatch => ({
  part: part + 1,
  attempts: 0,
  known: null,
  notBefore: 0,
});

/**
 * What follows when it shows that a part of an uncertain command went out, which is not its last: the others go too, unless
 * messages that came behind it went meanwhile. Throws as the journal does.
 */
export function afterLatePart(
  command: JournaledCommand,
  { records }: Pick<Journal, 'records'>,
): { event: OutboxEvent; patch: CommandPatch } {
  const { conversation, actedAt, part } = command;
  // One of them is its own.
  const overtaken = actedAt !== null && records.sentTo(conversation, actedAt).length > 1;
  if (!overtaken) return { event: { type: 'part_found' }, patch: nextPart(command) };
  const parts = command.command ? (partsOf(command.command)?.length ?? 0) : 0;
  const message = `${part + 1} of ${parts} parts were sent, then messages that came behind it`;
  return { event: { type: 'rest_left', error: { code: 'not_sent', message } }, patch: {} };
}
