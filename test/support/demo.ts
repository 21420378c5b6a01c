import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import { eventually } from './eventually.ts';

/** The one JSON line of `npm start --silent -- --json`. */
export interface DemoSummary {
  bridge: { url: string };
  account: { liveKey: string; sandboxKey: string };
  lines: { id: string; handle: string }[];
  agent: { home: string };
  virtualMac: {
    home: string;
    messagesDb: string;
    callHistoryDb: string;
    people: { handle: string; behaves: string }[];
  } | null;
}

export type DemoProgram = 'bridge' | 'agent' | 'virtual-mac';

export const demoPrograms: readonly DemoProgram[] = ['bridge', 'agent', 'virtual-mac'];

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running `npm start`. */
export interface Demo {
  home: string;
  summary: DemoSummary;
  /** npm's own process, which leads the group of all that it started in the foreground. */
  npm: ChildProcess;
  /** All that was said on stdout and stderr so far. */
  stdout(): string;
  stderr(): string;
  /** The process that a program runs in now; undefined while it is down. */
  pid(program: DemoProgram): number | undefined;
  /** Ends a program by SIGKILL and resolves with the id of the process that took its place. */
  kill(program: DemoProgram): Promise<number>;
  /** Calls the API with the live key; `body` makes it a POST. */
  call<T = Record<string, unknown>>(
    route: string,
    options?: { body?: unknown; method?: string; key?: string },
  ): Promise<{ status: number; body: T }>;
  /** Makes a person of the virtual Mac write to the line. */
  receive(from: string, text: string): Promise<void>;
  /** Runs `bluerelay` on this demo and resolves with what it printed. */
  agent(...args: string[]): Promise<string>;
  /** Signals npm and resolves with how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  exited: Promise<Exit>;
}

/** Whether a process exists that has not ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The id in a pid file of a demo, when that process lives. */
export function livingPid(home: string, program: DemoProgram): number | undefined {
  const pid = readNumber(path.join(home, 'run', `${program}.pid`));
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

/** The process of `scripts/start.mjs` that holds a home; undefined when none does. */
export function supervisorPid(home: string): number | undefined {
  const pid = readNumber(path.join(home, 'run', 'start.lock'));
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

/** The environment of a user, without what the test runner and other demos put there. */
export function userEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|BLUERELAY_|VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(name),
  );
  return { ...Object.fromEntries(kept), BLUERELAY_DEMO_HOME: home };
}

export interface SpawnedStart {
  npm: ChildProcess;
  stdout(): string;
  stderr(): string;
  exited: Promise<Exit>;
}

/**
 * Starts `npm start --silent` with options, as the leader of a process group, without waiting for anything. Any port
 * will do unless one is named: demos of several test files run at once.
 */
export function spawnStart(home: string, options: readonly string[] = ['--json']): SpawnedStart {
  const anyPort = options.includes('--port') ? [] : ['--port', '0'];
  const npm = spawn('npm', ['start', '--silent', '--', ...options, ...anyPort], {
    cwd: packageFile(),
    env: userEnvironment(home),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  npm.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    npm.once('error', reject);
    npm.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { npm, stdout: () => stdout, stderr: () => stderr, exited };
}

/** Starts a demo in a home and resolves when its line is there; whoever starts it stops it. */
export async function startDemo(home: string, options?: readonly string[]): Promise<Demo> {
  const { npm, stdout, stderr, exited } = spawnStart(home, options);
  let ended: Exit | undefined;
  void exited.then((exit) => {
    ended = exit;
  });
  const line = await eventually(
    () => {
      if (stdout().includes('\n')) return stdout().split('\n')[0];
      return ended && 'ended';
    },
    { within: 120_000, what: 'the line of npm start' },
  );
  if (line === 'ended') throw new Error(`npm start ended: ${JSON.stringify(ended)} ${stderr()}`);
  const summary = JSON.parse(line) as DemoSummary;

  const pid = (program: DemoProgram): number | undefined => livingPid(home, program);
  const agent = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [packageFile('dist', 'agent', 'main.js'), ...args], {
      env: {
        ...userEnvironment(home),
        BLUERELAY_HOME: summary.agent.home,
        ...(summary.virtualMac && { BLUERELAY_VIRTUAL_MAC: summary.virtualMac.home }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`bluerelay ${args.join(' ')}: exit ${code}: ${said}`);
    return printed;
  };
  return {
    home,
    summary,
    npm,
    stdout,
    stderr,
    pid,
    agent,
    exited,
    async kill(program) {
      const old = await eventually(() => pid(program), { what: `a running ${program}` });
      process.kill(old, 'SIGKILL');
      return eventually(
        () => {
          const now = pid(program);
          return now !== old && now;
        },
        { within: 30_000, what: `a new ${program}` },
      );
    },
    async call<T>(route: string, { body, method, key = summary.account.liveKey } = {} as CallOptions) {
      const response = await fetch(`${summary.bridge.url}${route}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          'x-api-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
    },
    async receive(from, text) {
      await agent('virtual-mac', 'receive', '--from', from, '--text', text);
    },
    async stop(signal = 'SIGTERM') {
      if (!ended) npm.kill(signal);
      return exited;
    },
  };
}

type CallOptions = { body?: unknown; method?: string; key?: string };

/** A new home for the demos of a whole test file, which goes when the file ends. */
export function demoHome(): string {
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-demo-')));
  afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

/** One demo for all tests of a file. */
export function sharedDemo(options?: readonly string[]): () => Demo {
  let demo: Demo | undefined;
  const home = demoHome();
  beforeAll(async () => {
    demo = await startDemo(home, options);
  });
  afterAll(() => demo?.stop());
  return () => {
    if (!demo) throw new Error('the demo did not start');
    return demo;
  };
}
