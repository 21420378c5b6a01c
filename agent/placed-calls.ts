import { z } from 'zod';
import type { Journal, JournaledCommand } from './journal/types.ts';

/** Under which the journal notes the calls that were begun to be placed. */
const NOTE = 'placedCalls';
/** Calls that are remembered; a line places one at a time. */
const REMEMBERED = 20;
/** The history may give a start this much before the act was journaled: clocks are set back now and then. */
const BEFORE_MS = 5_000;
/** A call begins within so long after its act: the prompt of macOS has to be answered first. */
const WITHIN_MS = 3 * 60_000;

const placedSchema = z.array(
  z.object({
    commandId: z.string(),
    handle: z.string(),
    medium: z.enum(['audio', 'video']),
    /** When the act began, in milliseconds since the Unix epoch. */
    at: z.number(),
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

/** The note with the call that a command begins to place now; nothing for other commands. */
export function noteOfPlaced(
  journal: Pick<Journal, 'note'>,
  { id, command }: JournaledCommand,
  at: number,
): Record<string, string> {
  if (command?.type !== 'call.start') return {};
  const others = placedCalls(journal).filter(({ commandId }) => commandId !== id);
  return noteOfCalls([...others, { commandId: id, handle: command.to, medium: command.kind, at }]);
}

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
