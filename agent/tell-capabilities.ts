import { describeError } from '../bridge/runtime/app-error.ts';
import { type Clock, isoTime } from '../bridge/runtime/clock.ts';
import type { Logger } from '../bridge/runtime/logger.ts';
import type { Journal } from './journal/types.ts';
import type { MacCare } from './mac/care.ts';

/** Under which the journal notes what was last told. */
const NOTE = 'toldCapabilities';

/**
 * Tells the bridge what the Mac can do, unless this journal told the same before; `again`: even then, as to a bridge
 * that may have forgotten. Waits for the next time when it cannot.
 */
export function tellCapabilities(
  { macos, capabilities }: { macos: string; capabilities: Pick<MacCare['capabilities'], 'current'> },
  { journal, clock, logger }: { journal: Journal; clock: Clock; logger: Logger },
  { again = false }: { again?: boolean } = {},
): void {
  const actions = [...capabilities.current()];
  if (actions.length === 0) return;
  try {
    const at = clock.now();
    const told = JSON.stringify([journal.id(), macos, actions]);
    if (!again && journal.note(NOTE) === told) return;
    journal.record({
      at,
      events: [{ type: 'line.capabilities', at: isoTime(at), macos, actions }],
      notes: { [NOTE]: told },
    });
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'what this Mac can do could not be journaled');
  }
}
