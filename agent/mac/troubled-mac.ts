import type { CapabilityWatch } from './capability-watch.ts';
import type { Recovery } from './recovery.ts';
import type { Act, ActOutcome, Mac } from './types.ts';

/** Acts on the windows of FaceTime and macOS: what they find says nothing of Messages. */
const OF_CALLS: readonly Act['kind'][] = ['place_call', 'end_call', 'look_at_call'];

const beingBroughtBack: ActOutcome = {
  outcome: 'not_started',
  error: { code: 'messages_not_running', message: 'Messages is being brought back' },
};

/**
 * The Mac whose acts call for recovery where they find Messages gone or silent, if asking it is allowed. Until it is
 * back no act is begun: one that waits for a Messages that hangs would hold up every step of the recovery for minutes.
 */
export function troubledMac(options: {
  mac: Mac;
  capabilities: Pick<CapabilityWatch, 'permissions'>;
  recovery: Pick<Recovery, 'trouble' | 'step'>;
}): Mac {
  const { mac, capabilities, recovery } = options;
  const mayAsk = (): boolean =>
    capabilities
      .permissions()
      .some(({ component, status }) => component === 'automation_messages' && status === 'granted');
  const heed = (outcome: ActOutcome): ActOutcome => {
    if (outcome.outcome === 'handed_over' || !mayAsk()) return outcome;
    const { code } = outcome.error;
    if (code === 'messages_not_running') recovery.trouble('not_running');
    if (code === 'act_timed_out') recovery.trouble('silent');
    return outcome;
  };
  const isBack = (): boolean => ['well', 'person'].includes(recovery.step());
  return {
    async perform(actId, act) {
      if (OF_CALLS.includes(act.kind)) return mac.perform(actId, act);
      return isBack() ? heed(await mac.perform(actId, act)) : beingBroughtBack;
    },
    sendText: async (act) => (isBack() ? heed(await mac.sendText(act)) : beingBroughtBack),
    recover: (actId) => mac.recover(actId),
    forget: (actId) => mac.forget(actId),
    stop: (hurry) => mac.stop(hurry),
  };
}
