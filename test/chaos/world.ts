import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PACING_FILE } from '../../agent/pacing/config.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { Child, programEnvironment } from './child.ts';
import { Disk, diskWays } from './disk.ts';
import { freePort } from './free-port.ts';
import type { Ledger } from './ledger.ts';
import { killWorkers, workersOf } from './leftovers.ts';
import { LinkProxy } from './link-proxy.ts';
import { MachineClock } from './machine-clock.ts';
import type { Machine, Plan, Program } from './plan.ts';
import { bridgeSettings, seedbed } from './seedbed.ts';
import { ChaosWebhook } from './webhook.ts';

const AGENT = builtFile('agent', 'main.js');
const BRIDGE = builtFile('bridge', 'main.js');
const READY_WITHIN_MS = 300_000;
const STOP_WITHIN_MS = 30_000;

/** A pace that holds messages back, but for no longer than a run can wait. */
const PACE = {
  timezone: 'UTC',
  curve: [{ fromDay: 1, newConversations: 1_000, proactive: 1_000 }],
  newPerHour: 1_000,
  gapMs: 100,
  jitterMs: 300,
  unanswered: 1_000,
};

/**
 * What no program may ever have to say here: nothing puts a journal or a store back, so that whatever one side was told
 * the other one knows.
 */
const neverSaid: Readonly<Record<Program, readonly string[]>> = {
  agent: [
    '"code":"journal_behind"',
    '"msg":"the bridge has lost events that are gone here: the rest is counted anew"',
    '"msg":"the journal was damaged: set aside, and begun anew with what it still gave"',
    '"msg":"the bridge refuses this agent"',
  ],
  bridge: [
    '"msg":"a new journal: what the one before had is uncertain"',
    '"msg":"an event was rejected and kept aside"',
  ],
  'virtual-mac': [],
};

/** A running relay in a home of its own: real processes, and a proxy between agent and bridge. */
export interface World {
  home: string;
  agentHome: string;
  macHome: string;
  messagesDb: string;
  bridgeUrl: string;
  apiKey: string;
  programs: Record<Program, Child>;
  clocks: Record<Machine, MachineClock>;
  /** The disks under the agent and under the bridge. */
  disks: Record<Machine, Disk>;
  proxy: LinkProxy;
  webhook: ChaosWebhook;
  /** Asks all to stop, in the order of a supervisor; `keep` leaves the home. */
  stop(keep: boolean): Promise<void>;
}

/** Starts everything that a run needs, and resolves when the agent runs. */
export async function startWorld(plan: Plan, ledger: Ledger): Promise<World> {
  const bed = await seedbed();
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-chaos-')));
  const folder = (name: string): string => path.join(home, name);
  const [agentHome, macHome, bridgeHome] = [folder('agent'), folder('mac'), folder('bridge')];
  for (const name of ['logs', 'mac']) mkdirSync(folder(name), { mode: 0o700 });
  const port = await freePort();
  const proxy = await LinkProxy.start(port);
  const bridgeUrl = `http://127.0.0.1:${port}`;
  const clocks = { mac: new MachineClock(home, 'mac'), bridge: new MachineClock(home, 'bridge') };
  const child = (name: Program, args: readonly string[], settings: NodeJS.ProcessEnv): Child =>
    new Child({
      name,
      args,
      env: programEnvironment(settings),
      logFile: path.join(home, 'logs', `${name}.log`),
      onLine: (line) => {
        for (const never of neverSaid[name])
          if (line.includes(never)) ledger.broken.push(`the ${name} said ${never}`);
      },
      onStart: () => disks[name === 'bridge' ? 'bridge' : 'mac'].limitProcesses(),
      onCrash: (how) => ledger.broken.push(`the ${name} ended by itself: ${how}`),
    });
  const onMac = {
    ...clocks.mac.environment,
    BLUERELAY_HOME: agentHome,
    BLUERELAY_VIRTUAL_MAC: macHome,
  };
  const pacing = plan.paced ? [] : ['--pacing', 'off'];
  const programs = {
    'virtual-mac': child(
      'virtual-mac',
      [AGENT, 'virtual-mac', 'run', '--home', macHome, '--macos', plan.macos, '--json'],
      onMac,
    ),
    bridge: child('bridge', [BRIDGE, 'serve', '--port', String(port), '--json'], {
      ...clocks.bridge.environment,
      ...bridgeSettings(bridgeHome),
    }),
    agent: child('agent', [AGENT, 'run', '--allow-sending', ...pacing, '--json'], onMac),
  };
  const disks = makeDisks(plan, {
    mac: [agentHome, () => [...programs.agent.pids, ...workersOf(agentHome)]],
    bridge: [bridgeHome, () => programs.bridge.pids],
  });
  bed.copyTo({ bridge: bridgeHome, agent: agentHome }, `http://127.0.0.1:${proxy.port}`);
  mkdirSync(path.join(agentHome, 'acts'), { mode: 0o700 });
  if (plan.paced) writeFileSync(path.join(agentHome, PACING_FILE), JSON.stringify(PACE));
  const webhook = await ChaosWebhook.start(ledger);
  const stop = async (keep: boolean): Promise<void> => {
    for (const name of ['agent', 'bridge', 'virtual-mac'] as const) {
      const how = await programs[name].stop(STOP_WITHIN_MS);
      if (how !== 'exit code 0') ledger.note(`the ${name} ended with ${how}`);
    }
    killWorkers(agentHome);
    await proxy.stop();
    await webhook.receiver.close();
    for (const disk of Object.values(disks)) disk.remove(keep);
    if (!keep) rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    programs['virtual-mac'].start();
    programs.bridge.start();
    const [macLine] = await within([programs['virtual-mac'].ready, programs.bridge.ready]);
    const { messagesDb } = JSON.parse(macLine ?? '') as { messagesDb: string };
    const { apiKey } = bed;
    webhook.receiver.setSecret(await registerWebhook(bridgeUrl, apiKey, webhook.receiver.url));
    programs.agent.start();
    await within([programs.agent.ready]);
    return {
      ...{ home, agentHome, macHome, messagesDb, bridgeUrl, apiKey },
      ...{ programs, clocks, disks, proxy, webhook, stop },
    };
  } catch (error) {
    await stop(true);
    throw error;
  }
}

/** Only a disk that will be full is one of its own. */
function makeDisks(
  { faults }: Plan,
  folders: Record<Machine, readonly [folder: string, pids: () => readonly number[]]>,
): Record<Machine, Disk> {
  const disk = (machine: Machine): Disk => {
    const fills = faults.some((fault) => fault.kind === 'disk' && fault.machine === machine);
    const [folder, pids] = folders[machine];
    return new Disk(folder, fills ? diskWays()[0] : undefined, pids);
  };
  return { mac: disk('mac'), bridge: disk('bridge') };
}

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

async function registerWebhook(bridgeUrl: string, apiKey: string, url: string): Promise<string> {
  const response = await fetch(`${bridgeUrl}/v1/webhooks`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
    signal: AbortSignal.timeout(READY_WITHIN_MS),
  });
  if (response.status !== 201) throw new Error(`the webhook was refused with ${response.status}`);
  return ((await response.json()) as { secret: string }).secret;
}
