import type { ActKinds } from './act-kinds.ts';
import type { ProbeAct } from './probe-acts.ts';

const DEADLINE_MS = 20_000;

const look = { deadlineMs: DEADLINE_MS, readOnly: true, refusal: () => undefined } as const;

/** Acts that send nothing; those that only look may run where sending is not allowed. */
export const probeKinds: ActKinds<ProbeAct['kind']> = {
  probe_session: { ...look, script: 'probe-session', locks: [] },
  quit_messages: {
    script: 'quit-messages',
    locks: ['messages'],
    deadlineMs: DEADLINE_MS,
    refusal: () => undefined,
  },
  probe_messages: { ...look, script: 'probe-messages', locks: ['messages'] },
};
