import type { CapabilityWatch } from './capability-watch.ts';
import type { Recovery } from './recovery.ts';
import type { Act, ActOutcome, Mac } from './types.ts';

/** Acts on the windows of FaceTime and macOS: what they find says nothing of Messages. */
const OF_CALLS: readonly Act['kind'][] = ['place_call', 'end_call', 'look_at_call'];

/** The Mac whose acts call for recovery where they find Messages gone or silent, if asking it is allowed. */
export function troubledMac(options: {
  mac: Mac;
  capabilities: Pick<CapabilityWatch, 'permissions'>;
  recovery: Pick<Recovery, 'trouble'>;
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
  return {
    async perform(actId, act) {
      const outcome = await mac.perform(actId, act);
      return OF_CALLS.includes(act.kind) ? outcome : heed(outcome);
    },
    sendText: async (act) => heed(await mac.sendText(act)),
    recover: (actId) => mac.recover(actId),
    forget: (actId) => mac.forget(actId),
    stop: (hurry) => mac.stop(hurry),
  };
}
