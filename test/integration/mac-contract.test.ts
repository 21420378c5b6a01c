import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { receiveText, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingWorld, macContract } from '../contract/mac.contract.ts';
import { startActingMac } from '../support/acting-mac.ts';
import { cannotOn } from '../support/release-limits.ts';

const FRIEND = '+14155550103';

async function open(macos: MacosRelease): Promise<ActingWorld> {
  const { mac, staging, messagesDb, home, close } = await startActingMac(macos);
  return {
    mac,
    staging,
    messagesDb,
    friend: FRIEND,
    groupOf: ['+14155550102', FRIEND],
    cannot: cannotOn(Number(macos)),
    typingIn: () => typingIn(home),
    receive: (text) => receiveText(home, FRIEND, text),
    close,
  };
}

for (const macos of macosReleases) macContract(`macOS ${macos}`, () => open(macos));
