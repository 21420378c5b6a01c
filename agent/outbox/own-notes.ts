import type { Journal, JournaledCommand } from '../journal/types.ts';
import type { ReceivedChange } from '../messages-db/types.ts';
import { conversationOf } from './acts.ts';
import { partsOf } from './parts.ts';

/** A row of an act is dated this much before it began at most, and this much after it, in milliseconds. */
const BEFORE_MS = 2_000;
const AFTER_MS = 10 * 60_000;

/**
 * Whether a note to oneself is what a command of ours wrote. Messages writes one row or two of it, in any order, and which
 * of them is from the owner changes: so one of them proves a command, or a command that still awaits its row says the
 * same to one of the own addresses.
 */
export function isOwnNote(change: ReceivedChange, journal: Journal): boolean {
  if (!change.toSelf) return false;
  if ([change.guid, ...(change.twins ?? [])].some((guid) => journal.proofOf(guid))) return true;
  return journal.commandsIn(['acting', 'confirming', 'uncertain']).some((command) => says(command, change));
}

function says({ command, actedAt }: JournaledCommand, change: ReceivedChange): boolean {
  if (command?.type !== 'message.send' || actedAt === null) return false;
  if (change.at < actedAt - BEFORE_MS || change.at > actedAt + AFTER_MS) return false;
  const own = [change.chat?.identifier, change.from, change.line].map((address) => address?.toLowerCase());
  if (!own.includes(conversationOf(command).identifier.toLowerCase())) return false;
  const names = (change.attachments ?? []).map(({ name }) => name.normalize('NFC'));
  return (partsOf(command) ?? []).some((part) => {
    if (part.kind === 'file') return names.includes(part.file.name.normalize('NFC'));
    return 'text' in part && part.text.normalize('NFC') === change.text.normalize('NFC');
  });
}
