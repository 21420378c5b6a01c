import { isDeepStrictEqual } from 'node:util';
import { describeError } from '../../bridge/runtime/app-error.ts';
import type { Cancel, Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { type Calibration, readCalibration } from './calibration.ts';
import { actionOf, type Capability, capabilities, sameCapabilities } from './capabilities.ts';
import { type Permission, probeGrants, probePermissions } from './permissions.ts';
import type { Act, Mac } from './types.ts';
import { readUserSettings, type UserSettings } from './user-settings.ts';

/** How often everything is looked at again, and how often all but Messages, in milliseconds. */
const LOOK_EVERY_MS = 5 * 60_000;
const GLANCE_EVERY_MS = 30_000;
/** A doubt does not make it look again so soon after the last look, in milliseconds. */
const LOOKED_JUST_NOW_MS = 5_000;

export interface CapabilityWatchOptions {
  mac: Mac;
  macHome: string;
  /** Folder of the agent's own files, with the results of calibration. */
  home: string;
  macos: string;
  sendingAllowed: boolean;
  clock: Clock;
  logger: Logger;
  /** Called with the first matrix, and whenever it becomes another. */
  onChange: (all: readonly Capability[]) => void;
}

/** What this Mac can do, kept up to date. */
export interface CapabilityWatch {
  /** The newest matrix; empty before the first look. */
  current(): readonly Capability[];
  permissions(): readonly Permission[];
  /** Looks again now. */
  refresh(): Promise<readonly Capability[]>;
  /** Something spoke against what is known: looks again, a few seconds after the last look at the earliest. */
  doubt(): void;
  /** Why an act cannot be done here; undefined when it may be tried. */
  whyNot(act: Act): string | undefined;
  stop(): Promise<void>;
}

/** Looks at once, then every few minutes, and whenever a permission or the screen is seen to have changed. */
export function watchCapabilities(options: CapabilityWatchOptions): CapabilityWatch {
  const { mac, macHome, home, macos, sendingAllowed, clock, logger, onChange } = options;
  let all: readonly Capability[] = [];
  let found: readonly Permission[] = [];
  let settings: UserSettings = {};
  let looking: Promise<readonly Capability[]> | undefined;
  let lookedAt = -Infinity;
  let glancing: Promise<void> | undefined;
  let doubted: Cancel | undefined;
  let stopped = false;

  const look = async (): Promise<readonly Capability[]> => {
    const permissions = await probePermissions({ mac, macHome, clock });
    const calibration: Calibration = readCalibration(home);
    settings = readUserSettings(macHome);
    const next = capabilities({ macos, settings, permissions, calibration, sendingAllowed });
    found = permissions;
    lookedAt = clock.now();
    const changed = !sameCapabilities(all, next);
    all = next;
    if (changed && !stopped) onChange(next);
    return next;
  };
  const refresh = (): Promise<readonly Capability[]> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const quietly = (): void => {
    doubted = undefined;
    refresh().catch((error: unknown) =>
      logger.warn({ error: describeError(error) }, 'what this Mac can do could not be looked at'),
    );
  };
  /** A permission, a setting or the screen may have changed: where one did, or Messages is not signed in, all is looked at. */
  const glance = async (): Promise<void> => {
    const grants = Object.entries(await probeGrants({ mac, macHome, clock }));
    const before = new Map(found.map(({ component, status }) => [component as string, status]));
    const changed =
      grants.some(([component, { status }]) => before.get(component) !== status) ||
      !isDeepStrictEqual(settings, readUserSettings(macHome));
    // What the account of Messages will be is known in a moment.
    const unsettled = found.some(({ cause }) => cause === 'connecting' || cause === 'signed_out');
    if (!stopped && (changed || unsettled)) quietly();
  };
  const cancels = [
    clock.every(LOOK_EVERY_MS, quietly, { unref: true }),
    clock.every(
      GLANCE_EVERY_MS,
      () => {
        if (looking) return;
        glancing ??= glance()
          .catch((error: unknown) =>
            logger.warn({ error: describeError(error) }, 'permissions could not be looked at'),
          )
          .finally(() => {
            glancing = undefined;
          });
      },
      { unref: true },
    ),
  ];
  quietly();
  return {
    current: () => all,
    permissions: () => found,
    refresh,
    doubt: () => {
      if (stopped || doubted) return;
      const wait = Math.max(0, lookedAt + LOOKED_JUST_NOW_MS - clock.now());
      doubted = clock.after(wait, quietly, { unref: true });
    },
    whyNot: (act) => {
      const action = actionOf(act);
      const row = all.find((capability) => capability.action === action);
      return row?.method === 'unavailable' ? row.reason : undefined;
    },
    async stop() {
      stopped = true;
      for (const cancel of cancels) cancel();
      doubted?.();
      await glancing;
      await looking?.catch((error: unknown) =>
        logger.debug({ error: describeError(error) }, 'look broke off'),
      );
    },
  };
}
