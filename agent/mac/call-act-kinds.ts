import type { ActKinds } from './act-kinds.ts';
import type { CallAct } from './call-acts.ts';
import { notStarted } from './outcome.ts';
import { isHandle } from './send-text-check.ts';

const DEADLINE_MS = 60_000;
const LOOK_DEADLINE_MS = 30_000;

const onScreen = {
  libraries: ['screen-ui', 'calls-ui'],
  locks: ['facetime', 'system-events', 'screen'],
  deadlineMs: DEADLINE_MS,
} as const;

/** Acts on calls, which hold the whole screen while they last, and a look at one. */
export const callKinds: ActKinds<CallAct['kind']> = {
  place_call: {
    ...onScreen,
    script: 'place-call',
    leaves: ({ handle }) => handle,
    refusal: ({ handle, medium }) =>
      isHandle(handle) && (medium === 'audio' || medium === 'video')
        ? undefined
        : notStarted('invalid_recipient', 'the handle is neither an E.164 number nor an email address'),
  },
  end_call: { ...onScreen, script: 'end-call', refusal: () => undefined },
  look_at_call: {
    script: 'look-at-call',
    libraries: onScreen.libraries,
    locks: ['facetime', 'system-events'],
    deadlineMs: LOOK_DEADLINE_MS,
    readOnly: true,
    refusal: () => undefined,
  },
};
