import type { CommandStateEvent } from '../../bridge/protocol/events.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import type { CommandError, CommandPatch, JournalChange, JournaledCommand } from '../journal/types.ts';
import type { ChatRef } from '../messages-db/types.ts';
import { type OutboxEvent, transition } from './states.ts';

/** Longest error message in an event, in UTF-16 units. */
const MAX_MESSAGE = 500;

const ofEvent = (error: CommandError): { code: string; message: string } => ({
  code: error.code,
  message: error.message.slice(0, MAX_MESSAGE),
});

const conversationOfChat = ({ kind, identifier }: ChatRef): ChatRef => ({ kind, identifier });

/**
 * One step of a command as one journal change: its new state and the fact for the bridge. `proof` is the row that led to
 * it: the bridge is told of each row that a message has, and of the chat of a group that was made.
 * Throws AppError `internal_error` for a step that the machine does not allow.
 */
export function step(
  command: JournaledCommand,
  event: OutboxEvent,
  at: number,
  extra: CommandPatch = {},
  proof?: { guid: string; chat: ChatRef | null },
): JournalChange & { state: CommandStateEvent['state'] } {
  const state = transition(command.state, event);
  if (state === undefined)
    throw new AppError(`A command that is ${command.state} cannot take ${event.type}`, {
      code: 'internal_error',
      retry: 'never',
    });
  const error = 'error' in event ? event.error : null;
  const guid = proof?.guid ?? command.guid;
  const chat = state === 'done' ? proof?.chat : undefined;
  return {
    at,
    state,
    commands: [{ id: command.id, patch: { ...extra, state, error } }],
    events: [
      {
        type: 'command.state',
        commandId: command.id,
        state,
        at: isoTime(at),
        ...(guid ? { guid } : {}),
        ...(chat && command.command?.type === 'group.create'
          ? { conversation: conversationOfChat(chat) }
          : {}),
        ...(error ? { error: ofEvent(error) } : {}),
        ...(extra.paced ? { paced: { rule: extra.paced.rule, until: isoTime(extra.paced.until) } } : {}),
      },
    ],
  };
}
