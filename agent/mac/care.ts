import path from 'node:path';
import type { Action } from '../../bridge/protocol/common.ts';
import { type CalibrationResult, saveCalibration } from './calibration.ts';
import type { Capability } from './capabilities.ts';
import { type Way, wayOn } from './capability-table.ts';
import { type CapabilityWatch, watchCapabilities } from './capability-watch.ts';
import { doubtingMac } from './doubting-mac.ts';
import { type LookupResult, lookUp } from './lookup.ts';
import { type MacOptions, openMac } from './mac.ts';
import { readMacosVersion } from './macos-version.ts';
import { keepAwake, messagesProcess } from './messages-process.ts';
import { type Recovery, type RecoveryOptions, startRecovery } from './recovery.ts';
import { Renditions } from './rendition.ts';
import { Staging } from './staging.ts';
import { troubledMac } from './troubled-mac.ts';
import type { Act, Mac } from './types.ts';
import { VoiceNotes } from './voice-notes.ts';

export interface MacCareOptions extends Omit<MacOptions, 'whyNot' | 'actsFolder'> {
  /** Folder of the agent's own files. */
  home: string;
  /** Home folder of the user whose Messages is acted on. */
  macHome: string;
  /** Called with the first capability matrix, and whenever it becomes another. */
  onCapabilities: (all: readonly Capability[]) => void;
}

/** The Mac with all that is known of it and done for it. */
export interface MacCare {
  /** The way to act; refuses with `action_unavailable` what the capability matrix says cannot be done. */
  mac: Mac;
  /** The same, whatever the matrix says, as calibration has to try. */
  trialMac: Pick<Mac, 'perform' | 'forget'>;
  /** Version of macOS, or `unknown`. */
  macos: string;
  /** Files to be sent. */
  staging: Staging;
  /** Forms of received files that can be read everywhere. */
  renditions: Renditions;
  capabilities: CapabilityWatch;
  /** How an action is done on this release, whatever the Mac allows. */
  wayOf(action: Action): Way;
  /** Whether handles are on iMessage, as far as this Mac knows. */
  lookUp(handles: readonly string[]): LookupResult[];
  /** Remembers what a try of an action showed. Throws what the file system throws. */
  saveCalibration(action: Action, result: CalibrationResult): void;
  /** Begins to bring Messages back when it hangs or is gone. */
  startRecovery(options: Pick<RecoveryOptions, 'lastSignOfLife' | 'mayNudge' | 'onStep'>): Recovery;
  /** The Mac whose acts tell the recovery when they find Messages gone or silent. */
  tendedBy(recovery: Recovery): Mac;
  /** Keeps the Mac awake while this process lives, and its display where it may act; returns how to stop it. */
  keepAwake(onLost: () => void): () => void;
  /** Stops looking, then waits for acts under way; kills them when `hurry` aborts. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Opens the Mac and begins to look at what it can do. Nothing here makes macOS ask a person. */
export function openMacCare(options: MacCareOptions): MacCare {
  const { home, macHome, target, allowSending, clock, logger, onCapabilities } = options;
  const macos = readMacosVersion(target.kind === 'virtual' ? target.home : '/');
  let watch: CapabilityWatch | undefined;
  const trials = new WeakSet<Act>();
  const mac = openMac({
    ...options,
    actsFolder: path.join(home, 'acts'),
    whyNot: (act) => (trials.has(act) ? undefined : watch?.whyNot(act)),
  });
  const capabilities = watchCapabilities({
    ...{ mac, macHome, home, macos, clock, logger },
    sendingAllowed: allowSending,
    onChange: onCapabilities,
  });
  watch = capabilities;
  const voiceNotes = new VoiceNotes({ folder: path.join(home, 'voice-notes'), target, clock });
  return {
    mac: doubtingMac(mac, capabilities),
    trialMac: {
      perform(actId, act) {
        const trial = { ...act };
        trials.add(trial);
        return mac.perform(actId, trial);
      },
      forget: (actId) => mac.forget(actId),
    },
    macos,
    staging: new Staging(macHome, voiceNotes),
    renditions: new Renditions({ folder: path.join(home, 'renditions'), target, clock, logger }),
    capabilities,
    wayOf: (action) => wayOn(action, macos),
    lookUp: (handles) => lookUp(macHome, handles),
    saveCalibration: (action, result) => saveCalibration(home, action, result),
    startRecovery: (more) =>
      startRecovery({
        ...more,
        messages: messagesProcess({ mac, target, clock }),
        clock,
        logger,
        onStep: (step) => {
          if (step === 'well' || step === 'person') capabilities.doubt();
          more.onStep?.(step);
        },
      }),
    tendedBy: (recovery) => troubledMac({ mac: doubtingMac(mac, capabilities), capabilities, recovery }),
    keepAwake: (onLost) => keepAwake(target, onLost, { display: allowSending }),
    async stop(hurry) {
      voiceNotes.stop();
      await mac.stop(hurry);
      await capabilities.stop();
    },
  };
}
