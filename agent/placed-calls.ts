import { z } from 'zod';
import type { Journal, JournaledCommand } from './journal/types.ts';

/** Under which the journal notes the calls that were begun to be placed. */
const NOTE = 'placedCalls';
/** Calls that are remembered; a line places one at a time. */
const REMEMBERED = 20;
/** The history may give a start this much before the act was journaled: clocks are set back now and then. */
const BEFORE_MS = 5_000;
/** So long a call may go unseen and still be the same one. In milliseconds. */
const OUT_OF_SIGHT_MS = 2 * 60_000;
/** A call begins within so long after its act: the prompt of macOS has to be answered first. */
const WITHIN_MS = 3 * 60_000;

const placedSchema = z.array(
  z.object({
    commandId: z.string(),
    handle: z.string(),
    medium: z.enum(['audio', 'video']),
    /** When the act began, in milliseconds since the Unix epoch. */
    at: z.number(),
    /** How long it may ring. */
    ringTimeoutSeconds: z.number().optional(),
    /** What the screen showed of it last, when that was first seen, and when somebody was seen to answer. */
    seen: z.enum(['shown', 'ringing', 'answered']).optional(),
    shownAt: z.number().optional(),
    /** When the screen last showed it, and when it was seen to show it no more. */
    seenAt: z.number().optional(),
    goneAt: z.number().optional(),
    /** Nobody knows what became of it, which was told: nothing was ever seen of it, or no record of it came. */
    lost: z.literal(true).optional(),
    answeredAt: z.number().optional(),
    /** Who began to hang up: the `call.end` command, or the agent since it rang for too long. */
    endedBy: z
      .union([z.object({ commandId: z.string() }), z.object({ ringTimeout: z.literal(true) })])
      .optional(),
  }),
);

/** A call that a command began to place. */
export type PlacedCall = z.infer<typeof placedSchema>[number];

/** The calls that were begun to be placed and that no record was found for yet, oldest first. */
export function placedCalls(journal: Pick<Journal, 'note'>): PlacedCall[] {
  const note = journal.note(NOTE);
  return note === undefined ? [] : placedSchema.parse(JSON.parse(note));
}

/** The note that says which calls are still without a record. */
export const noteOfCalls = (placed: readonly PlacedCall[]): Record<string, string> => ({
  [NOTE]: JSON.stringify(placed.slice(-REMEMBERED)),
});

/** The note after a change of one of the calls; nothing where it is none of them any more. */
export function noteOfChanged(
  journal: Pick<Journal, 'note'>,
  commandId: string,
  change: (call: PlacedCall) => PlacedCall,
): Record<string, string> {
  const placed = placedCalls(journal);
  if (!placed.some((call) => call.commandId === commandId)) return {};
  return noteOfCalls(placed.map((call) => (call.commandId === commandId ? change(call) : call)));
}

/** The note with what a command begins now: to place a call, or to end one; nothing for other commands. */
export function noteOfBegun(
  journal: Pick<Journal, 'note'>,
  { id, command }: JournaledCommand,
  at: number,
): Record<string, string> {
  if (command?.type === 'call.end')
    return noteOfChanged(journal, command.callCommandId, (call) => ({ ...call, endedBy: { commandId: id } }));
  if (command?.type !== 'call.start') return {};
  const { to: handle, kind: medium, ringTimeoutSeconds } = command;
  const others = placedCalls(journal).filter(({ commandId }) => commandId !== id);
  return noteOfCalls([...others, { commandId: id, handle, medium, at, ringTimeoutSeconds }]);
}

/**
 * Whether the call of a `call.start` command is on the screen: `waiting` before it was begun, `over` once the history
 * has it or where it was never placed. `unknown` where the history has not told its end and the screen was not seen to
 * show it all the time: what is there now may be another call.
 */
export function standingOf(
  journal: Pick<Journal, 'note' | 'command'>,
  commandId: string,
  now: number,
): 'waiting' | 'on' | 'over' | 'unknown' {
  const state = journal.command(commandId)?.state;
  if (state === 'queued' || state === 'paced') return 'waiting';
  if (state === undefined || state === 'failed' || state === 'cancelled') return 'over';
  const call = placedCalls(journal).find((one) => one.commandId === commandId);
  if (!call) return 'over';
  return call.lost || call.goneAt !== undefined || isOutOfSight(call, now) ? 'unknown' : 'on';
}

/** Whether a call that was seen was not seen for so long that another one may have taken its place. */
export const isOutOfSight = ({ seenAt }: PlacedCall, now: number): boolean =>
  seenAt !== undefined && now - seenAt > OUT_OF_SIGHT_MS;

/** Whether a record of the history may be that of a placed call, by whom it was to, how, and when it began. */
export function mayBePlaced(
  placed: PlacedCall,
  call: { handles: readonly string[]; medium: string; startedAt: number },
): boolean {
  const since = call.startedAt - placed.at;
  const handle = placed.handle.toLowerCase();
  const to = call.handles.length === 1 && call.handles[0]?.toLowerCase() === handle;
  return to && call.medium === placed.medium && since >= -BEFORE_MS && since <= WITHIN_MS;
}
