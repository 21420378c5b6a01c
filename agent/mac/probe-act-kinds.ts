import type { ActKinds } from './act-kinds.ts';
import type { ProbeAct } from './probe-acts.ts';

const DEADLINE_MS = 20_000;

const look = { deadlineMs: DEADLINE_MS, readOnly: true, refusal: () => undefined } as const;

/** Acts that only look, and so may run where sending is not allowed. */
export const probeKinds: ActKinds<ProbeAct['kind']> = {
  probe_session: { ...look, script: 'probe-session', locks: [] },
  probe_messages: { ...look, script: 'probe-messages', locks: ['messages'] },
};
