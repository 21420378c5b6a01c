import type { Act } from '../../agent/mac/types.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { receiveText, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingWorld, macContract } from '../contract/mac.contract.ts';
import { startActingMac } from '../support/acting-mac.ts';

const FRIEND = '+14155550103';

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
  const { mac, staging, messagesDb, home, close } = await startActingMac(macos);
  return {
    mac,
    staging,
    messagesDb,
    friend: FRIEND,
    groupOf: ['+14155550102', FRIEND],
    cannot: new Set(cannot[macos]),
    typingIn: () => typingIn(home),
    receive: (text) => receiveText(home, FRIEND, text),
    close,
  };
}

for (const macos of macosReleases) macContract(`macOS ${macos}`, () => open(macos));
