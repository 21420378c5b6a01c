import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { bluerelay } from '../support/built-agent.ts';
import { Child, programEnvironment } from './child.ts';
import { freePort } from './free-port.ts';
import { runOnce } from './run-once.ts';

const BRIDGE = builtFile('bridge', 'main.js');
const STOP_WITHIN_MS = 30_000;

/** An account with an enrolled agent, from which each run begins with a copy of its own. */
export interface Seedbed {
  apiKey: string;
  /** Puts what the bridge and the agent know into their folders; the agent will look for its bridge at this address. */
  copyTo(homes: { bridge: string; agent: string }, bridgeUrl: string): void;
  remove(): void;
}

let made: Promise<Seedbed> | undefined;

/** Made by the built programs once for all runs of this process, until it is cleared. */
export function seedbed(): Promise<Seedbed> {
  made ??= make();
  return made;
}

/** Takes the bed away, if it was made. */
export async function clearSeedbed(): Promise<void> {
  const bed = await made;
  made = undefined;
  bed?.remove();
}

/** Settings of a bridge with its store in a folder. */
export const bridgeSettings = (folder: string): NodeJS.ProcessEnv => ({
  BLUERELAY_BRIDGE_STORE: `sqlite:${path.join(folder, 'bridge.db')}`,
  BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS: '1',
});

async function make(): Promise<Seedbed> {
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-chaos-bed-')));
  const bridgeHome = path.join(home, 'bridge');
  const agentHome = path.join(home, 'agent');
  const env = programEnvironment(bridgeSettings(bridgeHome));
  const port = await freePort();
  const bridge = new Child({
    name: 'bridge',
    args: [BRIDGE, 'serve', '--port', String(port), '--json'],
    env,
    logFile: path.join(home, 'bridge.log'),
    onCrash: () => undefined,
  });
  bridge.start();
  await bridge.ready;
  const account = await runOnce<{ account: { id: string }; liveKey: string }>(
    [BRIDGE, 'account', 'create', '--name', 'chaos', '--json'],
    env,
  );
  const { token } = await runOnce<{ token: string }>(
    [BRIDGE, 'agent', 'token', '--account', account.account.id, '--json'],
    env,
  );
  const { code, stderr } = await bluerelay(
    { home: agentHome, mac: path.join(home, 'mac') },
    ['enrol', '--bridge', `http://127.0.0.1:${port}`, '--token', '-', '--handle', '+14155550100', '--json'],
    token,
  );
  if (code !== 0) throw new Error(`the agent could not be enrolled: ${stderr}`);
  await bridge.stop(STOP_WITHIN_MS);
  return {
    apiKey: account.liveKey,
    remove: () => rmSync(home, { recursive: true, force: true }),
    copyTo(homes, bridgeUrl) {
      cpSync(bridgeHome, homes.bridge, { recursive: true });
      cpSync(agentHome, homes.agent, { recursive: true });
      const file = path.join(homes.agent, 'agent.json');
      const enrolled = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...enrolled, bridge: bridgeUrl }));
    },
  };
}
