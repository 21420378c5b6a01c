import type { Command } from '../../bridge/protocol/commands.ts';
import type { Effect } from '../../bridge/protocol/common.ts';
import type { JournaledCommand } from '../journal/types.ts';
import { conversationOf, type Known } from './acts.ts';
import { effectNames } from './effect-names.ts';
import type { Evidence, EvidenceRow } from './evidence.ts';
import { type Part, partAt } from './parts.ts';

/** A row may carry a time this much before the act: clocks are set back now and then. */
const CLOCK_SLACK_MS = 60_000;

/** Texts are compared in NFC, since Messages may compose what was typed decomposed. */
const sameName = (a: string, b: string): boolean => a.normalize('NFC') === b.normalize('NFC');

/** What Messages may leave out of a text: the sign that stands for a file, and the one that asks for an emoji's colours. */
const MAY_BE_MISSING = /\uFFFC|\uFE0F/g;
/** What a Mac may make of punctuation that is put into a field, where smart punctuation is on. */
const SMART: ReadonlyArray<readonly [RegExp, string]> = [
  [/[\u201C\u201D\u201E\u00AB\u00BB]/g, '"'],
  [/[\u2018\u2019\u201A]/g, "'"],
  [/\u2014|\u2013/g, '--'],
  [/\u2026/g, '...'],
];

/**
 * Whether a row has the text that was sent. Peers see Messages drop U+FFFC and U+FE0F; what smart punctuation makes of a
 * text is allowed for as well, since nothing else that this Mac writes there is awaited.
 */
function sameText(a: string, b: string): boolean {
  if (sameName(a, b)) return true;
  const [one, other] = [a, b].map((text) => {
    const plain = text.normalize('NFC').replaceAll(MAY_BE_MISSING, '');
    return SMART.reduce((folded, [from, to]) => folded.replaceAll(from, to), plain);
  });
  return one !== '' && one === other;
}

/**
 * How the effect of a part is proved.
 * - `row`: by an own row above the mark that was journaled before the act.
 * - `standing`: by what chat.db says now of rows that were there before.
 * - `act`: by nothing that can be seen: it is done when the act says so, and uncertain when it may have been.
 */
export function proofOf(part: Part): 'row' | 'standing' | 'act' {
  switch (part.kind) {
    case 'message.edit':
    case 'message.unsend':
    case 'conversation.read':
      return 'standing';
    case 'conversation.typing':
    case 'call.start':
    case 'call.end':
    case 'lookup':
    case 'media.upload':
    case 'command.cancel':
      return 'act';
    default:
      return 'row';
  }
}

/** Whether an own row is what the act under way wrote. */
export function rowProves(
  row: EvidenceRow,
  { command, ...journaled }: JournaledCommand,
  evidence: Evidence,
): boolean {
  const part = partAt(command, journaled.part);
  if (!command || !part || proofOf(part) !== 'row' || journaled.highWater === null) return false;
  if (row.rowid <= journaled.highWater || row.at < (journaled.actedAt ?? 0) - CLOCK_SLACK_MS) return false;
  if (part.kind === 'message.react') return row.tapback !== null && reacts(row.tapback, command);
  if (row.tapback !== null || row.chat === null) return false;
  if (part.kind === 'group.create') return makesGroup(row, command, evidence);
  const { kind, identifier } = conversationOf(command);
  if (row.chat.kind !== kind || row.chat.identifier.toLowerCase() !== identifier.toLowerCase()) return false;
  if (part.kind === 'file') {
    const name = (journaled.known as Known | null)?.file ?? part.file.name;
    return row.files.some((file) => sameName(file, name));
  }
  return 'text' in part && sameText(row.text, part.text) && isAsAsked(row, part);
}

/** Whether a row with the text has the thread and the effect of the part too. */
function isAsAsked(row: EvidenceRow, part: Part): boolean {
  if (part.kind === 'reply') return row.replyTo?.guid === part.target.guid;
  return row.replyTo === null && (part.kind !== 'effect' || hasEffect(row, part.effect));
}

/** Whether a row has an effect: this one, or one whose id is not known here. */
const hasEffect = ({ effect }: EvidenceRow, wanted: Effect): boolean =>
  effect !== null && [wanted, undefined].includes(effectNames.get(effect));

function reacts(tapback: NonNullable<EvidenceRow['tapback']>, command: Command): boolean {
  if (command.type !== 'message.react') return false;
  const name = tapback.name === 'emphasise' ? 'emphasize' : tapback.name;
  const { guid, part } = command.target;
  return (
    name === command.reaction &&
    tapback.action === command.action &&
    tapback.target.guid === guid &&
    tapback.target.part === part
  );
}

function makesGroup(row: EvidenceRow, command: Command, evidence: Evidence): boolean {
  if (command.type !== 'group.create' || row.chat?.kind !== 'group' || !sameText(row.text, command.text))
    return false;
  const wanted = command.participants.map((handle) => handle.toLowerCase()).sort();
  return evidence.members(row.chat.identifier).sort().join(' ') === wanted.join(' ');
}

/**
 * Whether a row is what macOS 26 leaves of a send to a chat that went nowhere: an empty SMS in no chat, to a handle
 * that is the id of the chat.
 */
export function isGhost(row: EvidenceRow, { command, known, highWater }: JournaledCommand): boolean {
  const chat = (known as Known | null)?.chat;
  if (!command || chat === undefined || highWater === null || row.rowid <= highWater) return false;
  if (row.chat !== null || row.text !== '' || row.service !== 'SMS' || row.handle === null) return false;
  const ids = [chat, conversationOf(command).identifier].map((id) => id.toLowerCase());
  return ids.includes(row.handle.toLowerCase());
}

/** Whether chat.db says now that the act under way had its effect. */
export function standsProven({ command, known, highWater }: JournaledCommand, evidence: Evidence): boolean {
  switch (command?.type) {
    case 'message.edit': {
      const { editedAt } = evidence.message(command.target.guid) ?? { editedAt: null };
      const before = (known as Known | null)?.editedAt ?? null;
      if (editedAt === null || editedAt === before) return false;
      return sameText(evidence.partText(command.target) ?? '', command.text);
    }
    case 'message.unsend': {
      const message = evidence.message(command.target.guid);
      return message !== null && (message.gone || message.retracted.includes(command.target.part));
    }
    case 'conversation.read':
      return highWater !== null && evidence.unread(command.conversation, highWater) === 0;
    default:
      return false;
  }
}
