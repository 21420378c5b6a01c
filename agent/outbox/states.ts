/**
 * A command in the outbox. Every step is journaled before it is taken.
 *
 * - `queued`: durable here, nothing was done. It waits for its turn in its conversation.
 * - `paced`: durable here, and held by a rule of pacing until a time that is told. It acts as `queued` does.
 * - `acting`: an act was handed to the Mac; whether anything reached Messages is not known yet.
 * - `confirming`: the act ended and something may have happened; its row is looked for in chat.db.
 * - `done`: the proof of its last act is in chat.db, or there is nothing to prove. What Messages makes of a message is
 *   told by states of the message.
 * - `failed`: it is certain that it did not go out, or Messages says so in its row.
 * - `uncertain`: something may have happened and no row showed up in time. Never acted on again: a later row, or an
 *   operator who looked into Messages, says what it was.
 * - `cancelled`: it was taken back before anything was done.
 *
 * A command may take several acts, a text with files for one: each is `acting` and `confirming` by itself, and from the
 * proof of one the command goes back to `queued` for the next.
 *
 * A journal may turn out not to know the newest steps: it was damaged, it is an older copy that was put back, or another
 * program acted under this identity. Then every open command is distrusted: it may have been acted on, and is only looked
 * for, from proof to proof, without another act.
 *
 * ```
 * queued ──begin──> acting ──handed_over, may_have_happened──> confirming ──row_found──> done
 *   │                 ├──finished──> done                          ├──part_found──> queued
 *   │                 ├──not_started (later)──> queued             ├──row_failed──> failed
 *   │                 └──not_started (else)───> failed             └──no_row──> uncertain ──row_found──> done
 *   ├──hold──> paced (and from there as from queued)                               ├──row_failed──> failed
 *   ├──distrust──> confirming (from acting too)                                    │
 *   ├──cancel──> cancelled                                                         │
 *   └──deadline, refuse──> failed                                                  │
 *                                                                                  ├──operator_sent──> done
 *                                                                                  └──operator_not_sent──> failed
 * ```
 */
import { messageErrors } from '../../bridge/protocol/errors.ts';
import type { CommandError, CommandState } from '../journal/types.ts';
import type { ActOutcome } from '../mac/types.ts';

export type OutboxEvent =
  | { type: 'begin' }
  | { type: 'hold' }
  | { type: 'distrust' }
  | { type: 'cancel' }
  | { type: 'refuse'; error: CommandError }
  | { type: 'handed_over' }
  | { type: 'finished' }
  | { type: 'may_have_happened'; error: CommandError }
  | { type: 'not_started'; error: CommandError }
  | { type: 'row_found' }
  | { type: 'part_found' }
  | { type: 'next_awaited' }
  | { type: 'rest_left'; error: CommandError }
  | { type: 'row_failed'; error: CommandError }
  | { type: 'no_row'; error: CommandError }
  | { type: 'deadline'; error: CommandError }
  | { type: 'operator_sent' }
  | { type: 'operator_not_sent'; error: CommandError };

/** Whether an act that did not start may be tried again by itself. */
function mayTryAgain(error: CommandError): boolean {
  const known: Record<string, { retry: string } | undefined> = messageErrors;
  return known[error.code]?.retry === 'later';
}

/** The state after an event, or undefined where the event is impossible. */
export function transition(state: CommandState, event: OutboxEvent): CommandState | undefined {
  switch (state) {
    case 'queued':
    case 'paced':
      return beforeActing(event);
    case 'acting':
      if (event.type === 'handed_over' || event.type === 'may_have_happened' || event.type === 'distrust')
        return 'confirming';
      if (event.type === 'finished') return 'done';
      if (event.type === 'not_started') return mayTryAgain(event.error) ? 'queued' : 'failed';
      return undefined;
    case 'confirming':
      if (event.type === 'no_row') return 'uncertain';
      return event.type === 'distrust' ? 'confirming' : afterRow(event);
    case 'uncertain':
      return afterRow(event) ?? afterDoubt(event);
    case 'done':
    case 'failed':
    case 'cancelled':
      return undefined;
    default: {
      const never: never = state;
      return never;
    }
  }
}

function beforeActing(event: OutboxEvent): CommandState | undefined {
  switch (event.type) {
    case 'begin':
      return 'acting';
    case 'hold':
      return 'paced';
    case 'distrust':
      return 'confirming';
    case 'cancel':
      return 'cancelled';
    case 'deadline':
    case 'refuse':
      return 'failed';
    default:
      return undefined;
  }
}

function afterRow(event: OutboxEvent): CommandState | undefined {
  switch (event.type) {
    case 'row_found':
      return 'done';
    case 'part_found':
      return 'queued';
    case 'next_awaited':
      return 'confirming';
    case 'row_failed':
      return 'failed';
    default:
      return undefined;
  }
}

function afterDoubt(event: OutboxEvent): CommandState | undefined {
  if (event.type === 'operator_sent') return 'done';
  return event.type === 'operator_not_sent' || event.type === 'rest_left' ? 'failed' : undefined;
}

/** How the end of an act is told to the machine. */
export function eventOfOutcome(outcome: ActOutcome): OutboxEvent {
  switch (outcome.outcome) {
    case 'handed_over':
      return { type: 'handed_over' };
    case 'uncertain':
      return { type: 'may_have_happened', error: outcome.error };
    case 'not_started':
      return { type: 'not_started', error: outcome.error };
  }
}
