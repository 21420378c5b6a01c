import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { OwnRow } from '../../agent/messages-db/types.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { createCore } from '../../bridge/core/core.ts';
import type { Caller, Core } from '../../bridge/core/types.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { silentLogger } from './agent-fixtures.ts';
import { type AgentHomes, bluerelay, type Outcome } from './built-agent.ts';
import { ownRowsOf } from './enrolled-mac.ts';
import { tempFolder } from './temp-folder.ts';

/** The built bridge as a process of its own. */
export class BuiltBridge {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  /** Stays the same over restarts. */
  port = 0;

  constructor(folder: string) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BLUERELAY_'));
    this.#env = {
      ...Object.fromEntries(inherited),
      BLUERELAY_BRIDGE_STORE: `sqlite:${path.join(folder, 'bridge.db')}`,
      BLUERELAY_BRIDGE_MEDIA: path.join(folder, 'media'),
      BLUERELAY_BRIDGE_LOG: 'silent',
    };
    onTestFinished(() => this.kill());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async serve(): Promise<void> {
    const child = spawn(
      process.execPath,
      [builtFile('bridge', 'main.js'), 'serve', '--port', String(this.port), '--json'],
      { env: this.#env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      this.port = Number(new URL((JSON.parse(line) as { url: string }).url).port);
      return;
    }
    throw new Error('the bridge did not begin to serve');
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Runs a command of `bluerelay-bridge` beside it, with `--json`, to its end. */
  async run(...args: string[]): Promise<Outcome> {
    const child = spawn(process.execPath, [builtFile('bridge', 'main.js'), ...args, '--json'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      outcome.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      outcome.stderr += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, ...outcome };
  }
}

export interface BuiltRelay {
  bridge: BuiltBridge;
  homes: AgentHomes;
  /** Beside the bridge, on its store. */
  core: Core;
  store: Store;
  live: Caller;
  key: string;
  agentId: string;
  lineId: string;
  ask<T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: T }>;
  /** Runs a command of `bluerelay` to its end. */
  cli(...args: string[]): Promise<Outcome>;
  ownRows(): OwnRow[];
}

/** A bridge and a virtual Mac that run, and an agent that is enrolled and does not. */
export async function builtRelay(): Promise<BuiltRelay> {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  const bridge = new BuiltBridge(folder);
  await bridge.serve();
  const store = await openStore({ url: `sqlite:${path.join(folder, 'bridge.db')}`, clock: systemClock });
  onTestFinished(() => store.close());
  const core = createCore({ store, clock: systemClock, logger: silentLogger });
  const { liveKey: key } = await core.createAccount('Test');
  const live = await core.authenticate(key);
  const mac = await startVirtualMac({
    home: homes.mac,
    macos: '26',
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => mac.stop());
  const { token } = await core.createEnrolmentToken(live.accountId);
  const enrolled = await bluerelay(
    homes,
    ['enrol', '--bridge', bridge.url, '--token', '-', '--handle', '+14155550100', '--json'],
    token,
  );
  if (enrolled.code !== 0) throw new Error(`not enrolled: ${enrolled.stderr}`);
  const { agentId, line } = JSON.parse(enrolled.stdout) as { agentId: string; line: { id: string } };
  return {
    bridge,
    homes,
    core,
    store,
    live,
    key,
    agentId,
    lineId: line.id,
    cli: (...args) => bluerelay(homes, args),
    async ask<T>(method: string, target: string, body?: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(bridge.url + target, {
        method,
        headers: {
          'x-api-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, json: (text === '' ? null : JSON.parse(text)) as T };
    },
    ownRows: () => ownRowsOf(homes.mac),
  };
}
