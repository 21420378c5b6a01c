import { z } from 'zod';
import { messageErrors } from '../../bridge/protocol/errors.ts';
import { appleError } from './apple-errors.ts';
import { messageErrorCodes, notStarted, uncertain } from './outcome.ts';
import type { ActOutcome } from './types.ts';

/** What a program writes to stderr before its send verb. */
export const MARKER = 'bluerelay:sending';

const envelopeSchema = z.strictObject({
  ok: z.boolean(),
  step: z.string().regex(/^[a-z_]{1,40}$/),
  errorNumber: z.int().optional(),
  /** What the program itself found to be in the way, in place of an error number. */
  code: z.enum(messageErrorCodes).optional(),
  /** With `ok`: `false` when it was as wanted before. */
  changed: z.boolean().optional(),
  /** With `ok`: what was asked for. */
  value: z.record(z.string(), z.unknown()).optional(),
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
  if (envelope.success) return told(envelope.data, mayHaveSent);
  if (mayHaveSent) return uncertain(reason[ending.killed ?? 'broken']);
  if (ending.killed === 'deadline') return notStarted('act_timed_out', reason.deadline);
  if (ending.killed === 'stop') return notStarted('act_interrupted', reason.stop);
  const number = lastNumber(ending.stderr);
  return number === undefined ? notStarted('act_failed', reason.broken) : failedWith(number, 'unknown');
}

/** How an act ended that the program itself tells of. */
function told(envelope: z.infer<typeof envelopeSchema>, mayHaveSent: boolean): ActOutcome {
  const { ok, step, errorNumber, code } = envelope;
  if (ok) return done(envelope, mayHaveSent);
  if (mayHaveSent) return uncertain(`Messages reported an error at the step ${step}`, errorNumber);
  return code ? notStarted(code, messageErrors[code].hint) : failedWith(errorNumber ?? -2700, step);
}

function done({ changed, value }: z.infer<typeof envelopeSchema>, mayHaveSent: boolean): ActOutcome {
  if (!mayHaveSent && changed !== false) return uncertain('the script skipped its marker');
  return {
    outcome: 'handed_over',
    ...(changed === false ? { changed } : {}),
    ...(value ? { value } : {}),
  };
}

function failedWith(number: number, step: string): ActOutcome {
  const { code, message } = appleError(number, step);
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
