import { describeError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { Logger } from '../../bridge/runtime/logger.ts';
import { type Calibration, readCalibration } from './calibration.ts';
import { actionOf, type Capability, capabilities, sameCapabilities } from './capabilities.ts';
import { type Permission, probePermissions } from './permissions.ts';
import type { Act, Mac } from './types.ts';

/** How often permissions are looked at again, in milliseconds: people change them while the agent runs. */
const LOOK_EVERY_MS = 5 * 60_000;

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
  /** Why an act cannot be done here; undefined when it may be tried. */
  whyNot(act: Act): string | undefined;
  stop(): Promise<void>;
}

/** Looks at once and then every few minutes. */
export function watchCapabilities(options: CapabilityWatchOptions): CapabilityWatch {
  const { mac, macHome, home, macos, sendingAllowed, clock, logger, onChange } = options;
  let all: readonly Capability[] = [];
  let found: readonly Permission[] = [];
  let looking: Promise<readonly Capability[]> | undefined;
  let stopped = false;

  const look = async (): Promise<readonly Capability[]> => {
    const permissions = await probePermissions({ mac, macHome, clock });
    const calibration: Calibration = readCalibration(home);
    const next = capabilities({ macos, permissions, calibration, sendingAllowed });
    found = permissions;
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
    refresh().catch((error: unknown) =>
      logger.warn({ error: describeError(error) }, 'what this Mac can do could not be looked at'),
    );
  };
  const cancel = clock.every(LOOK_EVERY_MS, quietly, { unref: true });
  quietly();
  return {
    current: () => all,
    permissions: () => found,
    refresh,
    whyNot: (act) => {
      const action = actionOf(act);
      const row = all.find((capability) => capability.action === action);
      return row?.method === 'unavailable' ? row.reason : undefined;
    },
    async stop() {
      stopped = true;
      cancel();
      await looking?.catch((error: unknown) =>
        logger.debug({ error: describeError(error) }, 'look broke off'),
      );
    },
  };
}
