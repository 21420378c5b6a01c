import type { JournalChange, JournaledCommand } from '../journal/types.ts';
import type { Known } from './acts.ts';
import { isErrand } from './parts.ts';
import { step } from './step.ts';

/**
 * What is journaled when the journal may not know the newest steps: it becomes a new one to the bridge, and each open
 * command is only looked for, by rows of chat.db above `mark`. Errands may be run twice and stay as they are.
 */
export function distrusting(open: readonly JournaledCommand[], mark: number, at: number): JournalChange {
  const steps = open.flatMap((command) => {
    if (!command.command || isErrand(command.command)) return [];
    const known: Known = { ...command.known, salvaged: true };
    return step(command, { type: 'distrust' }, at, {
      highWater: command.highWater ?? mark,
      actedAt: command.actedAt ?? command.queuedAt,
      attempts: Math.max(1, command.attempts),
      known: { ...known },
      paced: null,
    });
  });
  return {
    at,
    anew: true,
    commands: steps.flatMap(({ commands = [] }) => commands),
    events: steps.flatMap(({ events = [] }) => events),
  };
}
