import { z } from 'zod';
import { commandStateSchema } from '../../bridge/protocol/line-events.ts';

const time = z.string();

/** One line of `bluerelay outbox list`. Times are ISO 8601. */
export const commandSummarySchema = z.object({
  id: z.string(),
  /** Null once the order is erased. */
  to: z.string().nullable(),
  type: z.string().nullable(),
  state: commandStateSchema.shape.state,
  /** The rule that holds it, and until when at the earliest. */
  paced: z.object({ rule: z.string(), until: time }).nullable(),
  attempts: z.int(),
  guid: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string(), apple: z.int().optional() }).nullable(),
  notBefore: time.nullable(),
  expiresAt: time,
  updatedAt: time,
});

export type CommandSummary = z.infer<typeof commandSummarySchema>;

/** `bluerelay outbox show`: a command with the evidence for what became of it. */
export const commandViewSchema = commandSummarySchema.extend({
  text: z.string().nullable(),
  traceId: z.string().nullable(),
  /** Which of its acts is next or under way, from 0, and how many there are; null once the order is erased. */
  part: z.int(),
  parts: z.int().nullable(),
  evidence: z.object({
    actId: z.string().nullable(),
    actedAt: time.nullable(),
    /** Highest ROWID of chat.db before the act. */
    rowsAfter: z.int().nullable(),
    /** Own rows to the same handle, or without a chat, since then. */
    rows: z.array(
      z.object({
        rowid: z.int(),
        guid: z.string(),
        at: time,
        service: z.string(),
        error: z.int(),
        sameText: z.boolean(),
        inChat: z.boolean(),
        files: z.array(z.string()),
      }),
    ),
  }),
});

export type CommandView = z.infer<typeof commandViewSchema>;

/** Parameters of `outbox.list`, `outbox.show` (and `outbox.cancel`), and `outbox.resolve` on the control socket. */
export const listParamsSchema = z.strictObject({ state: commandSummarySchema.shape.state.optional() });
export const showParamsSchema = z.strictObject({ id: z.string().min(1).max(64) });
export const resolveParamsSchema = z.strictObject({
  id: z.string().min(1).max(64),
  was: z.enum(['sent', 'not-sent']),
});
