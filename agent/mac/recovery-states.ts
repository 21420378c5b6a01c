/**
 * How Messages is brought back, one step after a look at it:
 *
 *   well ──not running──> open (three times at most) ──still not──> restart_agent
 *   well ──silent──> quit ──silent──> terminate ──silent──> kill ──> open
 *   open, and silent again ──> restart_agent ──> open ──neither runs nor answers──> person
 *   anything ──answers──> well
 *
 * `restart_agent` ends imagent, which macOS starts again by itself. `person`: only logging in again or starting the Mac
 * anew is left, which nobody does for a person.
 */
export const recoverySteps = [
  'well',
  'open',
  'quit',
  'terminate',
  'kill',
  'restart_agent',
  'person',
] as const;
export type RecoveryStep = (typeof recoverySteps)[number];

/** What a look at Messages shows. */
export type Sight = 'answers' | 'silent' | 'not_running';

export interface RecoveryState {
  step: RecoveryStep;
  /** How often Messages was opened since it was well, or since imagent was ended. */
  opened: number;
  /** Whether imagent was ended since Messages was well. */
  agentRestarted: boolean;
}

export const WELL: RecoveryState = { step: 'well', opened: 0, agentRestarted: false };

const MOST_OPENED = 3;

/** The step that follows a look; the caller does it and looks again. `person` stays until Messages answers. */
export function nextStep(state: RecoveryState, sight: Sight): RecoveryState {
  if (sight === 'answers') return WELL;
  if (state.step === 'person') return state;
  if (sight === 'not_running') return opening(state);
  switch (state.step) {
    case 'quit':
      return { ...state, step: 'terminate' };
    case 'terminate':
      return { ...state, step: 'kill' };
    case 'kill':
      return restarting(state);
    default:
      return state.opened > 0 ? restarting(state) : { ...state, step: 'quit' };
  }
}

function opening(state: RecoveryState): RecoveryState {
  if (state.opened >= MOST_OPENED) return restarting(state);
  return { ...state, step: 'open', opened: state.opened + 1 };
}

/** Ending imagent helps once or not at all; a Messages that hangs on after it is quit as before. */
function restarting(state: RecoveryState): RecoveryState {
  if (state.agentRestarted) return { ...state, step: 'person' };
  return { step: 'restart_agent', opened: 0, agentRestarted: true };
}
