import type { Command } from '../../bridge/protocol/commands.ts';
import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';
import type { CommandError } from '../journal/types.ts';
import type { Act } from '../mac/types.ts';
import type { ChatRef, MessageTarget } from '../messages-db/types.ts';
import type { Evidence } from './evidence.ts';
import type { Part } from './parts.ts';

/** What is known before an act, by which its effect is told afterwards. */
export interface Known {
  /** Guid of the chat that was written to, where the act named one. */
  chat?: string;
  /** Name of the file as it is sent. */
  file?: string;
  /** When the message was last edited before. */
  editedAt?: number | null;
  /** The newest steps of the command may not be known: it is only looked for. */
  salvaged?: true;
}

/** An act that is ready to be performed; a file is staged as a last step, which gives its `path`. */
export type Plan = { act: Act; known: Known } | { refused: CommandError };
type FilePlan = { toFile: (path: string) => Act; known: Known };

/** GUID of a chat with one handle. */
const DIRECT = /^[A-Za-z]{1,20};-;/;

const refused = (code: MessageErrorCode): { refused: CommandError } => ({
  refused: { code, message: messageErrors[code].hint },
});

/** Makes the act of a part, reading from chat.db what acting needs. Throws what `evidence` throws. */
export function planAct(command: Command, part: Part, evidence: Evidence): Plan | FilePlan {
  switch (part.kind) {
    case 'text':
    case 'file':
      return planSend(command, part, evidence);
    case 'reply': {
      const on = onMessage(conversationOf(command), part.target, evidence);
      return 'refused' in on ? on : { act: { kind: 'reply', ...on, text: part.text }, known: {} };
    }
    case 'effect': {
      const { text, effect } = part;
      return { act: { kind: 'send_effect', ...inConversation(command, evidence), text, effect }, known: {} };
    }
    default:
      return planOther(command, evidence);
  }
}

function planSend(
  command: Command,
  part: Extract<Part, { kind: 'text' | 'file' }>,
  evidence: Evidence,
): Plan | FilePlan {
  if (command.type !== 'message.send') return refused('action_unavailable');
  const conversation = conversationOf(command);
  const { service } = command;
  if (conversation.kind === 'group') {
    const chat = evidence.chat(conversation)?.guid;
    if (chat === undefined) return refused('chat_unknown');
    const known = { chat };
    return part.kind === 'text'
      ? { act: { kind: 'send_to_chat', chat, text: part.text }, known }
      : { toFile: (path) => ({ kind: 'send_file', chat, path }), known };
  }
  const handle = conversation.identifier;
  if (service !== undefined && service !== 'iMessage') return sendTo({ handle, service }, part);
  const known = evidence.chat(conversation);
  // A chat of another service would be answered by that service.
  const chat = known?.service === 'iMessage' && DIRECT.test(known.guid) ? { chat: known.guid } : {};
  return sendTo({ handle, ...chat }, part);
}

function sendTo(
  to: { handle: string; chat?: string; service?: 'SMS' | 'RCS' },
  part: Extract<Part, { kind: 'text' | 'file' }>,
): Plan | FilePlan {
  const known = to.chat === undefined ? {} : { chat: to.chat };
  return part.kind === 'text'
    ? { act: { kind: 'send_text', ...to, text: part.text }, known }
    : { toFile: (path) => ({ kind: 'send_file', ...to, path }), known };
}

function planOther(command: Command, evidence: Evidence): Plan {
  switch (command.type) {
    case 'message.edit': {
      const on = onMessage(command.conversation, command.target, evidence);
      if ('refused' in on) return on;
      const { editedAt = null } = evidence.message(command.target.guid) ?? {};
      return { act: { kind: 'edit', ...on, text: command.text }, known: { editedAt } };
    }
    case 'message.unsend': {
      const on = onMessage(command.conversation, command.target, evidence);
      return 'refused' in on ? on : { act: { kind: 'unsend', ...on }, known: {} };
    }
    case 'message.react':
      return planReaction(command, evidence);
    case 'conversation.typing':
      return {
        act: { kind: 'typing', ...inConversation(command, evidence), state: command.state },
        known: {},
      };
    case 'conversation.read':
      return { act: { kind: 'mark_read', ...inConversation(command, evidence) }, known: {} };
    case 'group.create': {
      const { participants, text } = command;
      return { act: { kind: 'create_group', participants, text }, known: {} };
    }
    case 'call.start':
      return { act: { kind: 'place_call', handle: command.to, medium: command.kind }, known: {} };
    case 'call.end':
      return { act: { kind: 'end_call' }, known: {} };
    default:
      return refused('action_unavailable');
  }
}

function planReaction(command: Extract<Command, { type: 'message.react' }>, evidence: Evidence): Plan {
  const { reaction, action, conversation, target } = command;
  if (reaction === 'emoji') return refused('unsupported_on_macos');
  const on = onMessage(conversation, target, evidence);
  if ('refused' in on) return on;
  const found = evidence.standing(target);
  const standing = found === 'emphasise' ? 'emphasize' : found;
  // Which of the six stands is what matters; any other takes its place without taking it away first.
  const known = standing === 'emoji' || standing === 'sticker' ? null : standing;
  return { act: { kind: 'react', ...on, reaction, action, standing: known }, known: {} };
}

type OnMessage = { conversation: ChatRef; target: MessageTarget & { text: string } };

/** A message by the text that its bubble must show. */
function onMessage(
  conversation: ChatRef,
  target: MessageTarget,
  evidence: Evidence,
): OnMessage | { refused: CommandError } {
  const text = evidence.partText(target);
  return text === null ? refused('message_unknown') : { conversation, target: { ...target, text } };
}

function inConversation(
  command: Command,
  evidence: Evidence,
): { conversation: ChatRef; anchor?: MessageTarget & { text: string } } {
  const conversation = conversationOf(command);
  const anchor = evidence.anchor(conversation);
  return { conversation, ...(anchor ? { anchor } : {}) };
}

/** The conversation of a command that is about one; a handle is a direct one. */
export function conversationOf(command: Command): ChatRef {
  if ('conversation' in command && command.conversation) return command.conversation;
  return { kind: 'direct', identifier: 'to' in command ? (command.to ?? '') : '' };
}
