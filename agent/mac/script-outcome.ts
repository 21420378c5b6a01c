import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';
import { appleError } from './apple-errors.ts';
import { jsonObject } from './json-object.ts';
import { notStarted, uncertain } from './outcome.ts';
import type { ActOutcome } from './types.ts';

/** What a program writes to stderr before its send verb. */
export const MARKER = 'bluerelay:sending';

const STEP = /^[a-z_]{1,40}$/;

/** What a program returns. */
interface Envelope {
  ok: boolean;
  step: string;
  errorNumber?: number;
  /** What the program itself found to be in the way, in place of an error number. */
  code?: MessageErrorCode;
  /** With `ok`: `false` when it was as wanted before. */
  changed?: boolean;
  /** With `ok`: what was asked for. */
  value?: Readonly<Record<string, unknown>>;
}

const fields = ['ok', 'step', 'errorNumber', 'code', 'changed', 'value'] as const;

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
  const envelope = envelopeOf(ending.returned);
  if (envelope) return told(envelope, mayHaveSent);
  if (mayHaveSent) return uncertain(reason[ending.killed ?? 'broken']);
  if (ending.killed === 'deadline') return notStarted('act_timed_out', reason.deadline);
  if (ending.killed === 'stop') return notStarted('act_interrupted', reason.stop);
  const number = lastNumber(ending.stderr);
  return number === undefined ? notStarted('act_failed', reason.broken) : failedWith(number, 'unknown');
}

function envelopeOf(returned: unknown): Envelope | undefined {
  const given = jsonObject(returned, fields);
  if (!given) return undefined;
  const { ok, step, errorNumber, code, changed } = given;
  const value = jsonObject<string>(given.value);
  if (typeof ok !== 'boolean' || typeof step !== 'string' || !STEP.test(step)) return undefined;
  if (errorNumber !== undefined && !isInteger(errorNumber)) return undefined;
  if (code !== undefined && !isCode(code)) return undefined;
  if (changed !== undefined && typeof changed !== 'boolean') return undefined;
  if (given.value !== undefined && !value) return undefined;
  return {
    ...{ ok, step },
    ...(errorNumber === undefined ? {} : { errorNumber }),
    ...(code === undefined ? {} : { code }),
    ...(changed === undefined ? {} : { changed }),
    ...(value ? { value } : {}),
  };
}

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isCode = (value: unknown): value is MessageErrorCode =>
  typeof value === 'string' && Object.hasOwn(messageErrors, value);

/** How an act ended that the program itself tells of. */
function told(envelope: Envelope, mayHaveSent: boolean): ActOutcome {
  const { ok, step, errorNumber, code } = envelope;
  if (ok) return done(envelope, mayHaveSent);
  if (mayHaveSent) return uncertain(`Messages reported an error at the step ${step}`, errorNumber);
  return code ? notStarted(code, messageErrors[code].hint) : failedWith(errorNumber ?? -2700, step);
}

function done({ changed, value }: Envelope, mayHaveSent: boolean): ActOutcome {
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
