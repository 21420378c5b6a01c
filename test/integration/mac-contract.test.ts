import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openMac } from '../../agent/mac/mac.ts';
import type { Act } from '../../agent/mac/types.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { receiveText, startVirtualMac, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { type ActingWorld, macContract } from '../contract/mac.contract.ts';

const logger = createLogger('test', 'silent');

/** What no way is known to do with System Integrity Protection on. */
const cannot: Record<MacosRelease, readonly Act['kind'][]> = {
  '12': ['edit', 'unsend', 'mark_read', 'send_effect'],
  '13': ['send_effect'],
  '14': ['send_effect'],
  '15': ['send_effect'],
  '26': [],
  '27': [],
};

async function open(macos: MacosRelease): Promise<ActingWorld> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-test-'));
  const home = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({ home, macos, clock: systemClock, logger });
  const target = { kind: 'virtual', home } as const;
  const actsFolder = path.join(folder, 'acts');
  const mac = openMac({ actsFolder, target, allowSending: true, clock: systemClock, logger });
  return {
    mac,
    messagesDb: virtualMac.messagesDb,
    friend: '+14155550103',
    groupOf: ['+14155550102', '+14155550103'],
    cannot: new Set(cannot[macos]),
    typingIn: () => typingIn(home),
    receive: (text) => receiveText(home, '+14155550103', text),
    close: async () => {
      await mac.stop(new AbortController().signal);
      await virtualMac.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

for (const macos of macosReleases) macContract(`macOS ${macos}`, () => open(macos));
