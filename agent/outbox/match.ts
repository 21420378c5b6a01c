import type { JournaledCommand } from '../journal/types.ts';
import type { Evidence, EvidenceRow } from './evidence.ts';
import { isGhost, rowProves } from './proofs.ts';

/** What a row says of the act of a command: it is its proof, or the ghost of a send that went nowhere. */
export interface Match {
  command: JournaledCommand;
  row: EvidenceRow;
  ghost: boolean;
}

/**
 * Gives each command the oldest free row that tells of it. Commands come in the order of their acts, rows in the order
 * of their ROWID, so that equal texts to one handle find their rows in order.
 */
export function matchRows(
  commands: readonly JournaledCommand[],
  rows: readonly EvidenceRow[],
  evidence: Evidence,
  isClaimed: (guid: string) => boolean,
): Match[] {
  const free = rows.filter((row) => !isClaimed(row.guid));
  const found: Match[] = [];
  const take = (command: JournaledCommand, tells: (row: EvidenceRow) => boolean, ghost: boolean): boolean => {
    const at = free.findIndex(tells);
    const [row] = at < 0 ? [] : free.splice(at, 1);
    if (row) found.push({ command, row, ghost });
    return row !== undefined;
  };
  for (const command of commands) {
    if (take(command, (row) => rowProves(row, command, evidence), false)) continue;
    take(command, (row) => isGhost(row, command), true);
  }
  return found;
}
