import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openMac } from '../../agent/mac/mac.ts';
import { Staging } from '../../agent/mac/staging.ts';
import type { Mac } from '../../agent/mac/types.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';

const logger = createLogger('test', 'silent');

export interface ActingMac {
  mac: Mac;
  /**
   * Another way to act on the same Mac, with another deadline in milliseconds; `after`: the agent that follows one, and
   * knows what that left.
   */
  another(deadlineMs: number, after?: Mac): Mac;
  /** Home of the virtual Mac; the command line of each of its processes has it. */
  home: string;
  messagesDb: string;
  callHistoryDb: string;
  staging: Staging;
  close(): Promise<void>;
}

/** A virtual Mac of a release and the way to act on it, for the tests of a whole file. */
export async function startActingMac(macos: MacosRelease, deadlineMs = 60_000): Promise<ActingMac> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-test-'));
  const home = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({ home, macos, clock: systemClock, logger });
  const target = { kind: 'virtual', home } as const;
  const opened = new Map<Mac, string>();
  const another = (ms: number, after?: Mac): Mac => {
    const actsFolder = (after && opened.get(after)) ?? path.join(folder, `acts-${opened.size}`);
    const mac = openMac({
      actsFolder,
      target,
      allowSending: true,
      clock: systemClock,
      logger,
      deadlineMs: ms,
    });
    opened.set(mac, actsFolder);
    return mac;
  };
  return {
    mac: another(deadlineMs),
    another,
    home,
    messagesDb: virtualMac.messagesDb,
    callHistoryDb: virtualMac.callHistoryDb,
    staging: new Staging(home),
    close: async () => {
      await Promise.all([...opened.keys()].map((mac) => mac.stop(new AbortController().signal)));
      await virtualMac.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
