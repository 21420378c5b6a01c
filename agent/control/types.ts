import { z } from 'zod';

const time = z.string();

/** What `bluerelay status` tells, as the daemon answers it. Times are ISO 8601. */
export const agentStatusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  home: z.string(),
  startedAt: time,
  agentId: z.string(),
  bridge: z.string(),
  line: z.object({ id: z.string(), handle: z.string() }),
  mac: z.object({ virtual: z.boolean(), macos: z.string(), sendingAllowed: z.boolean() }),
  link: z.object({
    state: z.enum(['closed', 'connecting', 'challenged', 'open', 'stopped']),
    since: time,
    lastEnd: z.object({ code: z.string(), meaning: z.string().nullable(), at: time }).nullable(),
    retryAt: time.nullable(),
    clockSkewMs: z.number().nullable(),
  }),
  journal: z.object({
    unacknowledgedEvents: z.int(),
    commands: z.record(z.string(), z.int()),
  }),
  messages: z.object({
    /** Whether chat.db is being read. */
    state: z.enum(['reading', 'waiting']),
    lastReceivedAt: time.nullable(),
  }),
});

export type AgentStatus = z.infer<typeof agentStatusSchema>;
