import type { AgentEvent } from '../protocol/events.ts';
import type { Agent, StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { recordMessageProgress } from './record-message-progress.ts';
import { recordReceived } from './record-received.ts';
import { storable } from './storable.ts';

/** What recording an event of an agent works with. */
export interface Recording {
  tx: StoreOperations;
  agent: Agent;
  now: number;
  /** Notes what the event led to but nobody needs to be told, after the commit. */
  note(what: string, ids: Record<string, string>): void;
}

/**
 * Stores an event of an agent and all that follows from it in one transaction; the agent may forget it when this is true.
 * False when the session is not the newest any more, or `seq` repeats or jumps. An event that refers to nothing known here
 * counts as recorded, since sending it again could not help.
 */
export async function recordEvent(
  { store, clock, logger, wakeups }: CoreContext,
  agentId: string,
  sessionId: string,
  seq: number,
  event: AgentEvent,
): Promise<boolean> {
  const now = clock.now();
  const { recorded, deliveries, notes } = await store.transaction(async (tx) => {
    const seen: { what: string; ids: Record<string, string> }[] = [];
    if (!(await tx.advanceEventSeq(agentId, sessionId, seq))) {
      return { recorded: false, deliveries: 0, notes: seen };
    }
    const agent = await tx.findAgent(agentId);
    if (!agent) return { recorded: false, deliveries: 0, notes: seen };
    const recording: Recording = { tx, agent, now, note: (what, ids) => seen.push({ what, ids }) };
    return { recorded: true, deliveries: await apply(recording, storable(event)), notes: seen };
  });
  for (const { what, ids } of notes) logger.warn({ agentId, seq, ...ids }, what);
  if (deliveries > 0) wakeups.delivery();
  return recorded;
}

/** Returns how many deliveries it made. */
function apply(recording: Recording, event: AgentEvent): Promise<number> {
  switch (event.type) {
    case 'message.received':
      return recordReceived(recording, event);
    case 'command.state':
    case 'message.sent':
    case 'message.delivered':
    case 'message.read':
    case 'message.failed':
      return recordMessageProgress(recording, event);
    default:
      recording.note('a kind of event that is not told to customers', { type: event.type });
      return Promise.resolve(0);
  }
}
