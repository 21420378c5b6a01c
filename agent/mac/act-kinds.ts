import { callKinds } from './call-act-kinds.ts';
import type { Lock } from './locks.ts';
import { probeKinds } from './probe-act-kinds.ts';
import { sendKinds } from './send-act-kinds.ts';
import type { Act, ActOutcome } from './types.ts';
import { uiKinds } from './ui-act-kinds.ts';

/** What the host must know of a kind of act. */
export interface ActKind<A extends Act> {
  /** Name of its program in scripts/jxa; the act without `kind` is the program's input. */
  script: string;
  /** Names of libraries in scripts/jxa whose functions the program calls. */
  libraries?: readonly string[];
  /**
   * Of one that works on windows and must know what others left in them: what it may leave there itself where it does not
   * end well, a text in a field or the handle in the prompt of a call; undefined for nothing.
   */
  leaves?(act: A): string | undefined;
  /** What it shares with other acts. */
  locks: readonly Lock[];
  /** How long its program may run, in milliseconds, where it is not the default of the Mac. */
  deadlineMs?: number;
  /** Whether it only looks, so that it may run where sending is not allowed. */
  readOnly?: true;
  /** Why the act cannot be done, as far as its own values tell; undefined when it may go on. */
  refusal(act: A): ActOutcome | undefined;
}

export type ActKinds<K extends Act['kind'] = Act['kind']> = {
  readonly [Kind in K]: ActKind<Extract<Act, { kind: Kind }>>;
};

export const actKinds: ActKinds = { ...sendKinds, ...uiKinds, ...callKinds, ...probeKinds };
