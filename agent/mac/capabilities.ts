import { type Action, actions } from '../../bridge/protocol/common.ts';
import type { Calibration } from './calibration.ts';
import { type Way, wayOn } from './capability-table.ts';
import type { Permission, PermissionComponent } from './permissions.ts';
import type { Act } from './types.ts';
import { isEnglish, type UserSettings } from './user-settings.ts';

/** What this Mac can do of one action, in the words of a `line.capabilities` event. */
export interface Capability {
  action: Action;
  method: Way['method'];
  macos: string;
  reason: string;
  calibrated: 'works' | 'fails' | 'never';
}

export interface CapabilityFacts {
  /** Version of macOS, such as `26.4.1`. */
  macos: string;
  /** A language that is not known is tried. */
  settings: UserSettings;
  permissions: readonly Permission[];
  calibration: Calibration;
  /** Whether the agent may do more than read. */
  sendingAllowed: boolean;
}

/** What each way of doing something needs; what is `unknown` is tried, and Messages that does not run is opened. */
const needs: Readonly<Record<Exclude<Way['method'], 'unavailable'>, readonly PermissionComponent[]>> = {
  scripting: ['automation_messages', 'messages'],
  ui: ['automation_system_events', 'accessibility', 'screen'],
  files: ['full_disk_access'],
};

const CALLS: readonly Action[] = [
  ...(['call_audio', 'call_video', 'call_end', 'call_end_audio', 'call_ring_timeout'] as const),
];
const MAX_REASON = 300;

/** The row of every action: its way on this release, without what the Mac does not allow or did not manage. */
export function capabilities(facts: CapabilityFacts): Capability[] {
  return actions.map((action) => {
    const way = wayOn(action, facts.macos);
    const tried = facts.calibration[action];
    const calibrated = tried && tried.macos === facts.macos ? tried.result : 'never';
    const proven = way.calibration === 'required' && calibrated === 'works';
    const method = proven ? 'ui' : way.method;
    const missing =
      method === 'unavailable'
        ? way.reason
        : (whatIsMissing(action, method, facts) ??
          whatIsUnread(way, facts) ??
          whatIsOff(way, facts, calibrated));
    const failed =
      calibrated === 'fails' ? `the calibration of it failed: ${tried?.code ?? 'unknown'}` : undefined;
    const why = missing ?? failed;
    return {
      action,
      method: why === undefined ? method : 'unavailable',
      macos: way.macos,
      reason: (why ?? (proven ? 'proven by calibration on this Mac' : way.reason)).slice(0, MAX_REASON),
      calibrated,
    };
  });
}

function whatIsMissing(
  action: Action,
  method: Exclude<Way['method'], 'unavailable'>,
  { permissions, sendingAllowed }: CapabilityFacts,
): string | undefined {
  if (method !== 'files' && !sendingAllowed) return 'the agent only reads: it runs without --allow-sending';
  const wanted = [
    ...needs[method],
    ...(method === 'ui' && !CALLS.includes(action) ? (['messages'] as const) : []),
  ];
  const denied = permissions.find(
    ({ component, status, cause }) =>
      wanted.includes(component) && status === 'denied' && cause !== 'not_running',
  );
  return denied && `${denied.detail}. ${denied.fix}`;
}

/** A press on a word that is not understood would be a guess. */
function whatIsUnread({ words }: Way, { settings: { language } }: CapabilityFacts): string | undefined {
  if (words === undefined || language === undefined || isEnglish(language)) return undefined;
  return `this Mac speaks ${language}, and what is to be pressed is known by its English name alone. Set the language of this user to English.`;
}

/** A setting that was never touched is off, unless this Mac has proved that it does without. */
function whatIsOff(
  { setting }: Way,
  { settings }: CapabilityFacts,
  calibrated: Capability['calibrated'],
): string | undefined {
  if (setting === undefined || settings[setting] === true) return undefined;
  if (settings[setting] === undefined && calibrated === 'works') return undefined;
  return 'the prompt of a call hides its buttons while Full Keyboard Access is off. Turn it on in System Settings, Accessibility, Keyboard.';
}

/** Whether the same would be told. */
export const sameCapabilities = (a: readonly Capability[], b: readonly Capability[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Which row of the matrix an act belongs to; undefined for those that only look after the Mac. */
export function actionOf(act: Act): Action | undefined {
  switch (act.kind) {
    case 'send_to_chat':
      return act.chat.includes(';+;') ? 'send_group' : 'send_text';
    case 'place_call':
      return act.medium === 'audio' ? 'call_audio' : 'call_video';
    case 'end_call':
      return 'call_end';
    case 'look_at_call':
    case 'probe_session':
    case 'probe_messages':
    case 'quit_messages':
      return undefined;
    default:
      return act.kind;
  }
}
