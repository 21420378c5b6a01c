import { z } from 'zod';
import { AppError } from '../bridge/runtime/app-error.ts';
import { isoTime } from '../bridge/runtime/clock.ts';
import type { LineHealth } from './health/health.ts';
import type { Journal, JournaledCommand } from './journal/types.ts';
import type { Pacing } from './pacing/pacing.ts';
import { isPaced } from './pacing/types.ts';

const time = z.string();

/** What `bluerelay pace` tells, as the daemon answers it. Times are ISO 8601. */
export const paceSchema = z.object({
  off: z.boolean(),
  timezone: z.string(),
  date: z.string(),
  resetsAt: time,
  warmup: z.object({
    day: z.int(),
    stage: z.int(),
    completed: z.boolean(),
    newConversationCap: z.int(),
    dailyCap: z.int(),
  }),
  newConversations: z.int(),
  proactive: z.int(),
  sent: z.int(),
  received: z.int(),
  newLastHour: z.int(),
  newPerHour: z.int(),
  health: z.enum(['healthy', 'at_risk', 'critical']),
  course: z.enum(['well', 'suspected', 'recovering', 'banned']),
  reasons: z.array(z.string()),
  pausedUntil: time.nullable(),
  held: z.array(z.object({ rule: z.string(), commands: z.int(), earliest: time })),
});
export type Pace = z.infer<typeof paceSchema>;

/** Why a command waits, or that it may go. */
export const explanationSchema = z.object({
  id: z.string(),
  state: z.string(),
  /** What the rules say now; null for a command that they are not about, or that waits no more. */
  decision: z
    .object({
      go: z.boolean(),
      rule: z.string().nullable(),
      until: time.nullable(),
      cap: z.int().nullable(),
      used: z.int().nullable(),
    })
    .nullable(),
  /** Commands of the same conversation that go before it, and the first of them with what holds that. */
  behind: z.int(),
  first: z
    .object({ id: z.string(), state: z.string(), rule: z.string().nullable(), until: time.nullable() })
    .nullable(),
  /** When it is tried again after an act that did not start; null for one that was not tried. */
  retryAt: time.nullable(),
  /** After this it is not sent any more. */
  expiresAt: time,
});
export type Explanation = z.infer<typeof explanationSchema>;

const explainParamsSchema = z.strictObject({ id: z.string().min(1).max(64) });

export interface PaceParts {
  journal: Journal;
  pacing: Pacing;
  health: LineHealth;
  now(): number;
}

/** The pace of the line for the control socket. */
export function paceMethods(parts: PaceParts): Record<string, (params: unknown) => unknown> {
  return {
    'pace.show': () => show(parts),
    'pace.explain': (params) => {
      const parsed = explainParamsSchema.safeParse(params);
      if (parsed.success) return explain(parts, parsed.data.id);
      throw new AppError('The id of a command is missing', {
        code: 'invalid_parameter_value',
        retry: 'never',
        hint: 'See the command with --help.',
      });
    },
  };
}

function show({ journal, pacing, health, now }: PaceParts): Pace {
  const { resetsAt, ...usage } = pacing.usage(now());
  const { health: word, reasons, course } = health.current();
  const pausedUntil = health.pausedUntil();
  const held = new Map<string, { commands: number; earliest: number }>();
  for (const { paced } of journal.commandsIn(['paced'])) {
    if (!paced) continue;
    const before = held.get(paced.rule);
    held.set(paced.rule, {
      commands: (before?.commands ?? 0) + 1,
      earliest: Math.min(before?.earliest ?? paced.until, paced.until),
    });
  }
  return {
    ...usage,
    resetsAt: isoTime(resetsAt),
    health: word,
    course: course.state,
    reasons: [...reasons],
    pausedUntil: pausedUntil === null ? null : isoTime(pausedUntil),
    held: [...held].map(([rule, { commands, earliest }]) => ({
      rule,
      commands,
      earliest: isoTime(earliest),
    })),
  };
}

function explain({ journal, pacing, now }: PaceParts, id: string): Explanation {
  const command = journal.command(id);
  if (!command)
    throw new AppError('No such command in the journal', {
      code: 'not_found',
      retry: 'never',
      hint: 'See them with: bluerelay outbox list',
    });
  const waits = command.state === 'queued' || command.state === 'paced';
  const paced = waits && command.command !== null && isPaced(command.command);
  const decision = paced ? pacing.decide(command, now()) : undefined;
  const before = waits
    ? journal
        .commandsIn(['queued', 'paced', 'acting', 'confirming'])
        .filter(({ conversation, seq }) => conversation === command.conversation && seq < command.seq)
    : [];
  return {
    id,
    state: command.state,
    decision: decision
      ? {
          go: decision.go,
          rule: decision.go ? null : decision.rule,
          until: decision.go ? null : isoTime(decision.until),
          cap: decision.go ? null : (decision.cap ?? null),
          used: decision.go ? null : (decision.used ?? null),
        }
      : null,
    behind: before.length,
    first: firstOf(before),
    retryAt: waits && command.notBefore > now() ? isoTime(command.notBefore) : null,
    expiresAt: isoTime(command.expiresAt),
  };
}

function firstOf([first]: readonly JournaledCommand[]): Explanation['first'] {
  if (!first) return null;
  const { id, state, paced } = first;
  const held = state === 'paced' ? paced : null;
  return { id, state, rule: held?.rule ?? null, until: held ? isoTime(held.until) : null };
}
