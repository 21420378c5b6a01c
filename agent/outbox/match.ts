import type { JournaledCommand } from '../journal/types.ts';
import type { OwnRow } from '../messages-db/types.ts';
import { textOf } from './orders.ts';

/** A row may carry a time this much before the act: clocks are set back now and then. */
const CLOCK_SLACK_MS = 60_000;

/**
 * Whether a row is the proof of a command: above the mark that was journaled before the act, written after it, to the
 * same handle, with the same text. Texts are compared in NFC, since Messages may compose what was typed decomposed.
 */
function proves(row: OwnRow, command: JournaledCommand): boolean {
  if (command.command === null || command.highWater === null) return false;
  return (
    row.rowid > command.highWater &&
    row.at >= (command.actedAt ?? 0) - CLOCK_SLACK_MS &&
    row.chat?.kind === 'direct' &&
    row.chat.identifier.toLowerCase() === command.conversation &&
    row.text.normalize('NFC') === textOf(command.command)?.normalize('NFC')
  );
}

/**
 * Gives each command the oldest free row that proves it. Commands come in the order of their acts, rows in the order
 * of their ROWID, so that equal texts to one handle find their rows in order.
 */
export function matchRows(
  commands: readonly JournaledCommand[],
  rows: readonly OwnRow[],
  isClaimed: (guid: string) => boolean,
): Array<{ command: JournaledCommand; row: OwnRow }> {
  const free = rows.filter((row) => !isClaimed(row.guid));
  const found: Array<{ command: JournaledCommand; row: OwnRow }> = [];
  for (const command of commands) {
    const at = free.findIndex((row) => proves(row, command));
    if (at < 0) continue;
    const [row] = free.splice(at, 1);
    if (row) found.push({ command, row });
  }
  return found;
}
