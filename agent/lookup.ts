import type { Command } from '../bridge/protocol/commands.ts';
import type { LookupAnsweredEvent } from '../bridge/protocol/events.ts';
import { type Clock, isoTime } from '../bridge/runtime/clock.ts';
import type { MacCare } from './mac/care.ts';

/** The answer to a `lookup` command, from what this Mac knows without sending or asking anything. */
export function answerLookup(
  { id, handles }: Extract<Command, { type: 'lookup' }>,
  lookUp: MacCare['lookUp'],
  clock: Clock,
): LookupAnsweredEvent {
  return {
    type: 'lookup.answered',
    commandId: id,
    at: isoTime(clock.now()),
    results: lookUp(handles).map(({ seenAt, ...result }) => ({
      ...result,
      seenAt: seenAt === null ? null : isoTime(seenAt),
    })),
  };
}
