import { z } from 'zod';

const time = z.string();
const problem = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });

/** What `bluerelay status` tells, as the daemon answers it. Times are ISO 8601. */
export const agentStatusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  home: z.string(),
  startedAt: time,
  agentId: z.string(),
  bridge: z.string(),
  /** `banned`: the bridge says so, and nothing leaves. */
  line: z.object({ id: z.string(), handle: z.string(), banned: z.boolean() }),
  mac: z.object({
    virtual: z.boolean(),
    macos: z.string(),
    sendingAllowed: z.boolean(),
    /** What is done to bring Messages back; `well` while nothing is, `person` when only a person can help. */
    recovery: z.enum(['well', 'open', 'quit', 'terminate', 'kill', 'restart_agent', 'person']),
  }),
  link: z.object({
    state: z.enum(['closed', 'connecting', 'challenged', 'open', 'refused', 'stopped']),
    since: time,
    lastEnd: z.object({ code: z.string(), meaning: z.string().nullable(), at: time }).nullable(),
    /** What a person has to do, while `refused`. */
    mend: z.string().nullable(),
    retryAt: time.nullable(),
    /**
     * Whether the outbox may act: a bridge has said since the start that the journal is the newest, and nobody took the
     * place of this agent.
     */
    mayAct: z.boolean(),
    clockSkewMs: z.number().nullable(),
  }),
  journal: z.object({
    /** `failing` while what happens cannot be made durable: the disk is full, say. */
    state: z.enum(['ok', 'failing']),
    problem: problem.nullable(),
    unacknowledgedEvents: z.int(),
    commands: z.record(z.string(), z.int()),
  }),
  messages: z.object({
    /** Whether chat.db can be read. */
    state: z.enum(['reading', 'unreadable']),
    problem: problem.nullable(),
    lastReceivedAt: time.nullable(),
  }),
});

export type AgentStatus = z.infer<typeof agentStatusSchema>;
