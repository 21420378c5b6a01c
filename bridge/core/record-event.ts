import type { AgentEvent } from '../protocol/events.ts';
import { AppError, errorCode } from '../runtime/app-error.ts';
import type { StoreOperations } from '../store/types.ts';
import type { CoreContext } from './context.ts';
import { recordAttachmentChanged } from './record-attachments.ts';
import { recordCall } from './record-call.ts';
import { recordCommandState } from './record-command-state.ts';
import { recordEdited } from './record-edited.ts';
import { recordGroupChanged } from './record-group.ts';
import { recordCapabilities, recordLimitReached, recordLineState } from './record-line.ts';
import { recordLinkChanged } from './record-link.ts';
import { recordMessageProgress } from './record-message-progress.ts';
import { recordReaction } from './record-reaction.ts';
import { recordReceived } from './record-received.ts';
import { recordResult } from './record-result.ts';
import { recordUnsent } from './record-unsent.ts';
import type { Recording } from './recording.ts';
import { storable } from './storable.ts';

/** Where an event came from. */
interface Source {
  agentId: string;
  sessionId: string;
  seq: number;
}

/** Errors of programs, which the same event brings about every time. */
const BUGS = [TypeError, RangeError, SyntaxError, ReferenceError];

/**
 * Stores an event of an agent and all that follows from it in one transaction; the agent may forget it when this is true.
 * False when the session is not the newest any more, or `seq` repeats or jumps. An event that can never be stored as what
 * it is goes to the rejected ones, and counts as recorded, so that it does not keep what comes behind it for ever.
 */
export async function recordEvent(
  context: CoreContext,
  agentId: string,
  sessionId: string,
  seq: number,
  event: AgentEvent,
): Promise<boolean> {
  const source = { agentId, sessionId, seq };
  const whole = storable(event);
  try {
    return await record(context, source, [whole]);
  } catch (error) {
    if (!isPermanent(error)) throw error;
    return await reject(context, source, whole, error);
  }
}

const isPermanent = (error: unknown): boolean =>
  error instanceof AppError ? error.retry === 'never' : BUGS.some((kind) => error instanceof kind);

/**
 * Stores events that came together, the first of which has the number `first`, in one transaction where that can be; one by
 * one, as {@link recordEvent}, where one of them cannot be stored. Returns how many are stored: all, or those before one
 * that was refused.
 */
export async function recordEvents(
  context: CoreContext,
  { agentId, sessionId, seq: first }: Source,
  events: readonly AgentEvent[],
): Promise<number> {
  if (events.length > 1) {
    try {
      const stored = await record(context, { agentId, sessionId, seq: first }, events.map(storable));
      return stored ? events.length : 0;
    } catch (error) {
      context.logger.debug({ agentId, code: errorCode(error) }, 'events are stored one by one');
    }
  }
  for (const [index, event] of events.entries())
    if (!(await recordEvent(context, agentId, sessionId, first + index, event))) return index;
  return events.length;
}

async function record(
  { store, clock, logger, wakeups, lookups }: CoreContext,
  { agentId, sessionId, seq: first }: Source,
  events: readonly AgentEvent[],
): Promise<boolean> {
  const done = await store.transaction(async (tx) => {
    const notes: { what: string; ids: Record<string, unknown> }[] = [];
    let ordered = false;
    let deliveries = 0;
    let from: Awaited<ReturnType<typeof sender>> | undefined;
    for (const [index, event] of events.entries()) {
      const seq = first + index;
      if (!(await tx.advanceEventSeq(agentId, sessionId, seq))) {
        if (index === 0) return undefined;
        throw new Error('a session that took one event takes the next');
      }
      from ??= await sender(tx, agentId);
      const recording: Recording = {
        tx,
        ...from,
        now: clock.now(),
        note: (what, ids) => notes.push({ what, ids: { seq, ...ids } }),
        ordered: () => {
          ordered = true;
        },
      };
      deliveries += await apply(recording, event);
    }
    return { deliveries, notes, ordered, lineId: from?.line.id ?? '' };
  });
  if (!done) return false;
  for (const event of events) lookups.heed(done.lineId, event);
  for (const { what, ids } of done.notes) logger.warn({ agentId, ...ids }, what);
  if (done.ordered) wakeups.command(agentId);
  if (done.deliveries > 0) wakeups.delivery();
  return true;
}

async function sender(tx: StoreOperations, agentId: string): Promise<Pick<Recording, 'agent' | 'line'>> {
  const agent = await tx.findAgent(agentId);
  const line = agent && (await tx.findLine(agent.accountId, agent.lineId));
  if (!agent || !line) throw new Error('an agent whose session is open has a line');
  return { agent, line };
}

/** Keeps an event that nothing can be made of, in the place of its number. */
async function reject(
  { store, clock, logger }: CoreContext,
  { agentId, sessionId, seq }: Source,
  event: AgentEvent,
  error: unknown,
): Promise<boolean> {
  const code = errorCode(error);
  const rejected = await store.transaction(async (tx) => {
    if (!(await tx.advanceEventSeq(agentId, sessionId, seq))) return false;
    const journalId = (await tx.findAgent(agentId))?.journalId ?? '';
    const createdAt = clock.now();
    await tx.insertRejectedEvent({ agentId, journalId, seq, type: event.type, code, event, createdAt });
    return true;
  });
  if (rejected)
    logger.error({ agentId, seq, type: event.type, code }, 'an event was rejected and kept aside');
  return rejected;
}

/** Returns how many deliveries it made. */
function apply(recording: Recording, event: AgentEvent): Promise<number> {
  switch (event.type) {
    case 'message.received':
      return recordReceived(recording, event);
    case 'attachment.changed':
      return recordAttachmentChanged(recording, event);
    case 'link.changed':
      return recordLinkChanged(recording, event);
    case 'message.edited':
      return recordEdited(recording, event);
    case 'message.unsent':
      return recordUnsent(recording, event);
    case 'reaction.added':
    case 'reaction.removed':
      return recordReaction(recording, event);
    case 'command.state':
      return recordCommandState(recording, event);
    case 'message.sent':
    case 'message.delivered':
    case 'message.read':
    case 'message.failed':
      return recordMessageProgress(recording, event);
    case 'group.name_changed':
    case 'group.icon_changed':
    case 'group.member_added':
    case 'group.member_removed':
      return recordGroupChanged(recording, event);
    case 'call.initiated':
    case 'call.ringing':
    case 'call.answered':
    case 'call.ended':
    case 'call.declined':
    case 'call.missed':
    case 'call.failed':
      return recordCall(recording, event);
    case 'line.capabilities':
      return recordCapabilities(recording, event);
    case 'line.state':
      return recordLineState(recording, event);
    case 'line.limit_reached':
      return recordLimitReached(recording, event);
    case 'lookup.answered':
    case 'media.uploaded':
      return recordResult(recording, event);
    default: {
      const never: never = event;
      return never;
    }
  }
}
