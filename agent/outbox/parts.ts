import type { Command, SendMessageCommand } from '../../bridge/protocol/commands.ts';
import type { Effect } from '../../bridge/protocol/common.ts';

type SentFile = NonNullable<SendMessageCommand['files']>[number];
type Target = NonNullable<SendMessageCommand['replyTo']>;

/** One act of a command. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'reply'; text: string; target: Target }
  | { kind: 'effect'; text: string; effect: Effect }
  | { kind: 'file'; file: SentFile; voiceNote: boolean }
  | { kind: Exclude<Command['type'], 'message.send'> };

/** Commands that are answered without an act on the Mac. */
const ERRANDS = ['lookup', 'media.upload', 'command.cancel'] as const;
export type ErrandKind = (typeof ERRANDS)[number];

export const isErrand = (command: Command): command is Extract<Command, { type: ErrandKind }> =>
  (ERRANDS as readonly string[]).includes(command.type);

/**
 * The acts that a command takes, in order: the text first, then each file. Undefined for a command that cannot be
 * carried out as a whole, such as an effect on a file: nothing of it is begun.
 */
export function partsOf(command: Command): Part[] | undefined {
  return command.type === 'message.send' ? messageParts(command) : [{ kind: command.type }];
}

/** The act that is next or under way; undefined where there is none. */
export const partAt = (command: Command | null, part: number): Part | undefined =>
  command === null ? undefined : partsOf(command)?.[part];

function messageParts(command: SendMessageCommand): Part[] | undefined {
  const { text, files = [], effect, replyTo, voiceNote = false, service = 'iMessage' } = command;
  const special = effect !== undefined || replyTo !== undefined;
  if (special && (text === undefined || service !== 'iMessage' || (effect && replyTo))) return undefined;
  if ((command.to === undefined) === (command.conversation === undefined)) return undefined;
  if (voiceNote && files.length === 0) return undefined;
  // By which service a group is written to is not to be chosen.
  if (command.conversation?.kind === 'group' && command.service !== undefined && service !== 'iMessage')
    return undefined;
  const parts: Part[] = files.map((file) => ({ kind: 'file', file, voiceNote }));
  if (text !== undefined) parts.unshift(textPart(text, command));
  return parts.length > 0 ? parts : undefined;
}

function textPart(text: string, { effect, replyTo }: SendMessageCommand): Part {
  if (effect) return { kind: 'effect', text, effect };
  return replyTo ? { kind: 'reply', text, target: replyTo } : { kind: 'text', text };
}
