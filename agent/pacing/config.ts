import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';

/** Name of the file in the agent's folder that changes the pacing of its line. */
export const PACING_FILE = 'pacing.json';

const count = z.int().min(0).max(1_000_000);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write it as 22:00');
const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** From which day of the line on which caps hold. Day 1 is the local calendar day of its activation. */
const stageSchema = z.strictObject({
  fromDay: z.int().min(1),
  /** Conversations begun on one day. */
  newConversations: count,
  /** Messages on one day that answer nothing of the last 24 hours. */
  proactive: count,
});

/**
 * How a young line grows. The ends are where the vendors of such lines agree: 50 new conversations and 200 proactive
 * messages a day; nobody publishes a ramp, so its shape is ours.
 */
const CURVE = [
  { fromDay: 1, newConversations: 5, proactive: 20 },
  { fromDay: 3, newConversations: 10, proactive: 40 },
  { fromDay: 5, newConversations: 15, proactive: 60 },
  { fromDay: 8, newConversations: 25, proactive: 100 },
  { fromDay: 15, newConversations: 35, proactive: 150 },
  { fromDay: 22, newConversations: 50, proactive: 200 },
];

export const pacingConfigSchema = z.strictObject({
  /** IANA name of the zone whose calendar days count; that of the Mac when absent. */
  timezone: z
    .string()
    .refine(isZone, 'no such time zone')
    .default(() => new Intl.DateTimeFormat().resolvedOptions().timeZone),
  /** Local day on which the line was first used, `YYYY-MM-DD`; the agent's first day when absent. */
  activatedOn: z.iso.date().optional(),
  curve: z
    .array(stageSchema)
    .min(1)
    .max(100)
    .refine((curve) => curve[0]?.fromDay === 1, 'the first stage is from day 1')
    .refine(
      (curve) => curve.every(({ fromDay }, at) => at === 0 || fromDay > (curve[at - 1]?.fromDay ?? 0)),
      'stages come in the order of their days',
    )
    .default(CURVE),
  /** New conversations within any 60 minutes. */
  newPerHour: count.min(1).default(15),
  /** Between two messages of the line, in milliseconds: at least `gapMs`, and up to `jitterMs` more. */
  gapMs: z.int().min(0).max(60_000).default(1_000),
  jitterMs: z.int().min(0).max(60_000).default(1_500),
  /** Messages to one conversation within any 60 seconds. */
  pairPerMinute: count.min(1).default(30),
  /** Messages to one conversation, none of which was answered. */
  unanswered: count.min(1).default(5),
  /** Local times between which nobody is written to first; null for none. One-time codes and replies leave all the same. */
  quietHours: z.strictObject({ from: timeOfDay, to: timeOfDay }).nullable().default(null),
  /** Proactive messages of any 7 days for each one that came, beyond the first `free`. */
  ratio: z
    .strictObject({ outPerIn: z.number().min(1).max(1_000), free: count.min(1) })
    .default({ outPerIn: 10, free: 200 }),
});

export type PacingConfig = z.infer<typeof pacingConfigSchema>;

/** The caps of a day of the line. */
export const stageOf = (config: PacingConfig, day: number): PacingConfig['curve'][number] => {
  const first = config.curve[0] ?? { fromDay: 1, newConversations: 0, proactive: 0 };
  return config.curve.findLast(({ fromDay }) => fromDay <= day) ?? first;
};

/** The pacing of the line of a home, from its file where there is one. Throws AppError `invalid_pacing`. */
export function readPacingConfig(home: string): PacingConfig {
  const file = path.join(home, PACING_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return pacingConfigSchema.parse({});
    throw invalid(`cannot be read (${errorCode(error)})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('is not JSON');
    throw error;
  }
  const parsed = pacingConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`);
}

const invalid = (why: string): AppError =>
  new AppError(`${PACING_FILE} ${why}`, { code: 'invalid_pacing', ...agentErrors.invalid_pacing });
