import type { CapabilityWatch } from './capability-watch.ts';
import { MESSAGES_NOT_RUNNING, type Permission, type PermissionComponent } from './permissions.ts';
import type { Recovery } from './recovery.ts';
import type { ActOutcome, Mac } from './types.ts';

const notRunning: ActOutcome = {
  outcome: 'not_started',
  error: { code: 'messages_not_running', message: MESSAGES_NOT_RUNNING },
};

/**
 * The Mac whose acts call for recovery where they find Messages gone or silent, if asking it is allowed. An act
 * that is refused because Messages does not run may be tried again once it does.
 */
export function troubledMac(options: {
  mac: Mac;
  capabilities: Pick<CapabilityWatch, 'permissions'>;
  recovery: Pick<Recovery, 'trouble'>;
  /** Looks anew at what the Mac can do. */
  lookAgain: () => void;
}): Mac {
  const { mac, capabilities, recovery, lookAgain } = options;
  const find = (component: PermissionComponent): Permission | undefined =>
    capabilities.permissions().find((permission) => permission.component === component);
  const heed = (outcome: ActOutcome): ActOutcome => {
    if (outcome.outcome === 'handed_over' || find('automation_messages')?.status !== 'granted')
      return outcome;
    const { code } = outcome.error;
    if (code === 'action_unavailable' && find('messages')?.detail === MESSAGES_NOT_RUNNING) {
      recovery.trouble('not_running');
      lookAgain();
      return notRunning;
    }
    if (code === 'messages_not_running') recovery.trouble('not_running');
    if (code === 'act_timed_out') recovery.trouble('silent');
    return outcome;
  };
  return {
    perform: async (actId, act) => heed(await mac.perform(actId, act)),
    sendText: async (act) => heed(await mac.sendText(act)),
    recover: (actId) => mac.recover(actId),
    forget: (actId) => mac.forget(actId),
    stop: (hurry) => mac.stop(hurry),
  };
}
