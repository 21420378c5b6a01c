import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import type { OwnRow } from '../../agent/messages-db/types.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { startVirtualMac, type VirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from './agent-fixtures.ts';
import { type AgentHomes, bluerelay } from './built-agent.ts';
import { LedgerBridge } from './ledger-bridge.ts';
import { tempFolder } from './temp-folder.ts';

/** A virtual Mac whose agent is enrolled with a bridge that keeps a ledger, and does not run yet. */
export async function enrolledMac(
  macos: MacosRelease = '26',
): Promise<{ homes: AgentHomes; mac: VirtualMac; bridge: LedgerBridge }> {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  const mac = await startVirtualMac({ home: homes.mac, macos, clock: systemClock, logger: silentLogger });
  const bridge = await LedgerBridge.start();
  onTestFinished(async () => {
    await bridge.stop();
    await mac.stop();
  });
  const enrol = ['enrol', '--bridge', bridge.url, '--token', '-', '--handle', '+14155550100'];
  const enrolled = await bluerelay(homes, enrol, 'a token of twenty characters\n');
  expect(enrolled.stderr).toContain('Enrolled as ag_1');
  return { homes, mac, bridge };
}

/** What stands as sent by the owner in the chat.db of a Mac. */
export function ownRowsOf(macHome: string): OwnRow[] {
  const db = openMessagesDb({
    databasePath: path.join(macHome, 'Library', 'Messages', 'chat.db'),
    memory: { cursor: null, entries: new Map() },
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    return db.ownRowsAfter(0);
  } finally {
    db.close();
  }
}
