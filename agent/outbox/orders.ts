import type { Command } from '../../bridge/protocol/commands.ts';

/** What an order says; null where it says nothing, or is erased. */
export const textOf = (command: Command | null): string | null =>
  command !== null && 'text' in command ? (command.text ?? null) : null;

/** Whom an order is about: the handle, or the identifier of the conversation; null where neither. */
export function recipientOf(command: Command | null): string | null {
  if (command === null) return null;
  if ('conversation' in command && command.conversation) return command.conversation.identifier;
  return 'to' in command ? (command.to ?? null) : null;
}
