import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { Child } from './child.ts';
import type { Ledger } from './ledger.ts';
import { killWorkers } from './leftovers.ts';
import { LinkProxy } from './link-proxy.ts';
import type { Program } from './plan.ts';
import { runOnce } from './run-once.ts';
import { ChaosWebhook } from './webhook.ts';

const AGENT = builtFile('agent', 'main.js');
const BRIDGE = builtFile('bridge', 'main.js');
/** Where ports for bridges are looked for: below those that systems give away by themselves. */
const PORTS = { from: 14_000, to: 30_000 };
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 15_000;

/** A running relay in a home of its own: real processes, and a proxy between agent and bridge. */
export interface World {
  home: string;
  agentHome: string;
  macHome: string;
  messagesDb: string;
  bridgeUrl: string;
  apiKey: string;
  programs: Record<Program, Child>;
  proxy: LinkProxy;
  webhook: ChaosWebhook;
  /** Asks all to stop, in the order of a supervisor; `keep` leaves the home. */
  stop(keep: boolean): Promise<void>;
}

/** Starts everything that a run needs, and resolves when the link is open. */
export async function startWorld(macos: string, ledger: Ledger): Promise<World> {
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-chaos-')));
  const folder = (name: string): string => {
    mkdirSync(path.join(home, name), { mode: 0o700 });
    return path.join(home, name);
  };
  const [agentHome, macHome, bridgeHome, logs] = ['agent', 'mac', 'bridge', 'logs'].map(folder) as [
    string,
    string,
    string,
    string,
  ];
  const port = await freePort();
  const bridgeUrl = `http://127.0.0.1:${port}`;
  const bridgeEnv = {
    ...outerEnvironment(),
    BLUERELAY_BRIDGE_STORE: `sqlite:${path.join(bridgeHome, 'bridge.db')}`,
    BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS: '1',
  };
  const agentEnv = { ...outerEnvironment(), BLUERELAY_HOME: agentHome, BLUERELAY_VIRTUAL_MAC: macHome };
  const child = (name: Program, args: readonly string[], env: NodeJS.ProcessEnv): Child =>
    new Child({
      name,
      args,
      env,
      logFile: path.join(logs, `${name}.log`),
      onCrash: (how) => ledger.broken.push(`the ${name} ended by itself: ${how}`),
    });
  const programs = {
    'virtual-mac': child(
      'virtual-mac',
      [AGENT, 'virtual-mac', 'run', '--home', macHome, '--macos', macos, '--json'],
      agentEnv,
    ),
    bridge: child('bridge', [BRIDGE, 'serve', '--port', String(port), '--json'], bridgeEnv),
    agent: child('agent', [AGENT, 'run', '--allow-sending', '--pacing', 'off', '--json'], agentEnv),
  };
  const proxy = await LinkProxy.start(port);
  const webhook = await ChaosWebhook.start(ledger);
  const stop = async (keep: boolean): Promise<void> => {
    for (const name of ['agent', 'bridge', 'virtual-mac'] as const) {
      const how = await programs[name].stop(STOP_WITHIN_MS);
      if (how !== 'exit code 0') ledger.note(`the ${name} ended with ${how}`);
    }
    killWorkers(agentHome);
    await proxy.stop();
    await webhook.receiver.close();
    if (!keep) rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    programs['virtual-mac'].start();
    programs.bridge.start();
    const [macLine] = await within([programs['virtual-mac'].ready, programs.bridge.ready]);
    const { messagesDb } = JSON.parse(macLine ?? '') as { messagesDb: string };
    const account = await runOnce<{ account: { id: string }; liveKey: string }>(
      [BRIDGE, 'account', 'create', '--name', 'chaos', '--json'],
      bridgeEnv,
    );
    const { token } = await runOnce<{ token: string }>(
      [BRIDGE, 'agent', 'token', '--account', account.account.id, '--json'],
      bridgeEnv,
    );
    await enrol({ home: agentHome, mac: macHome }, `http://127.0.0.1:${proxy.port}`, token);
    const apiKey = account.liveKey;
    webhook.receiver.setSecret(await registerWebhook(bridgeUrl, apiKey, webhook.receiver.url));
    programs.agent.start();
    await within([programs.agent.ready]);
    return { home, agentHome, macHome, messagesDb, bridgeUrl, apiKey, programs, proxy, webhook, stop };
  } catch (error) {
    await stop(true);
    throw error;
  }
}

const outerEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(BLUERELAY_|VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(name),
    ),
  );

async function within(lines: readonly Promise<string>[]): Promise<string[]> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error('a program was not ready in time')), READY_WITHIN_MS);
  });
  try {
    return await Promise.race([Promise.all(lines), late]);
  } finally {
    clearTimeout(limit);
  }
}

async function enrol(homes: { home: string; mac: string }, bridge: string, token: string): Promise<void> {
  const { code, stderr } = await bluerelay(
    homes,
    ['enrol', '--bridge', bridge, '--token', '-', '--handle', '+14155550100', '--json'],
    token,
  );
  if (code !== 0) throw new Error(`the agent could not be enrolled: ${stderr}`);
}

async function registerWebhook(bridgeUrl: string, apiKey: string, url: string): Promise<string> {
  const response = await fetch(`${bridgeUrl}/v1/webhooks`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 201) throw new Error(`the webhook was refused with ${response.status}`);
  return ((await response.json()) as { secret: string }).secret;
}

function freePort(): Promise<number> {
  return eventually(
    async () => {
      const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
      const server = net.createServer();
      const free = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
      });
      return free && port;
    },
    { what: 'a free port' },
  );
}
