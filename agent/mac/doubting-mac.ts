import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';
import type { CapabilityWatch } from './capability-watch.ts';
import type { ActOutcome, TendedMac } from './types.ts';

/** What an act may find that the capability matrix did not know, or not any more. */
const NEWS: ReadonlySet<MessageErrorCode> = new Set([
  'automation_denied',
  'accessibility_denied',
  'screen_locked',
  'no_console_session',
  'imessage_signed_out',
  'action_unavailable',
]);

/** The Mac whose acts make the capability matrix be looked at anew where they find that it is out of date. */
export function doubtingMac(mac: TendedMac, capabilities: Pick<CapabilityWatch, 'doubt'>): TendedMac {
  const heed = (outcome: ActOutcome): ActOutcome => {
    if (outcome.outcome !== 'handed_over' && NEWS.has(outcome.error.code)) capabilities.doubt();
    return outcome;
  };
  return {
    perform: async (actId, act) => heed(await mac.perform(actId, act)),
    sendText: async (act) => heed(await mac.sendText(act)),
    recover: async (actId) => heed(await mac.recover(actId)),
    forget: (actId) => mac.forget(actId),
    stop: (hurry) => mac.stop(hurry),
    alone: (work) => mac.alone(work),
  };
}
