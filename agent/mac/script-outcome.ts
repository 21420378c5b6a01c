import { z } from 'zod';
import { appleError } from './apple-errors.ts';
import { notStarted, uncertain } from './outcome.ts';
import type { ActOutcome } from './types.ts';

/** What a program writes to stderr before its send verb. */
export const MARKER = 'bluerelay:sending';

const envelopeSchema = z.strictObject({
  ok: z.boolean(),
  step: z.string().regex(/^[a-z_]{1,40}$/),
  errorNumber: z.int().optional(),
});

/** All that is known of a run of osascript when it has ended. */
export interface Ending {
  /** What the program returned; undefined when the run failed. */
  returned: unknown;
  stderr: string;
  /** Whether stderr was read to its end, so that a marker that is not in it was never written. */
  stderrComplete: boolean;
  /** Why it was killed, if it was. */
  killed: 'deadline' | 'stop' | undefined;
}

/** How an act ended. Whatever is not clearly before the send verb counts as having perhaps happened. */
export function scriptOutcome(ending: Ending): ActOutcome {
  const mayHaveSent = !ending.stderrComplete || ending.stderr.split('\n').includes(MARKER);
  const envelope = envelopeSchema.safeParse(ending.returned);
  if (envelope.success) {
    const { ok, step, errorNumber = -2700 } = envelope.data;
    if (ok) return mayHaveSent ? { outcome: 'handed_over' } : uncertain('the script skipped its marker');
    if (mayHaveSent) return uncertain('Messages reported an error during the send', errorNumber);
    const { code, message } = appleError(errorNumber, step);
    return notStarted(code, message, errorNumber);
  }
  if (mayHaveSent) return uncertain(reason[ending.killed ?? 'broken']);
  if (ending.killed === 'deadline') return notStarted('act_timed_out', reason.deadline);
  if (ending.killed === 'stop') return notStarted('act_interrupted', reason.stop);
  const number = lastNumber(ending.stderr);
  if (number === undefined) return notStarted('act_failed', reason.broken);
  const { code, message } = appleError(number, 'unknown');
  return notStarted(code, message, number);
}

const reason = {
  deadline: 'osascript did not end before its deadline',
  stop: 'osascript was stopped',
  broken: 'osascript ended without a result',
} as const;

/** The number at the end of what osascript writes about an uncaught error: `execution error: … (-1728)`. */
function lastNumber(stderr: string): number | undefined {
  const match = /\((-?\d{1,6})\)\s*$/.exec(stderr);
  return match ? Number(match[1]) : undefined;
}
