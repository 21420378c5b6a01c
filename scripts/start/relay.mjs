import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort } from './port.mjs';
import { isRunning, signalIfAlive } from './process-table.mjs';
import { Program } from './program.mjs';
import { ROOT } from './provision.mjs';
import { runCommand, runForJson } from './run-command.mjs';
import { StartError, tell } from './start-error.mjs';

const AGENT = path.join(ROOT, 'dist', 'agent', 'main.js');
const BRIDGE = path.join(ROOT, 'dist', 'bridge', 'main.js');
const DEFAULT_RELEASE = '26';
/** The own number of the virtual Mac: one that nobody can have. */
const VIRTUAL_LINE = '+14155550100';
/** How long the three together may take to become ready, in milliseconds. */
const READY_LIMIT_MS = 60_000;
/** How long children of a start that was killed are waited for, before they are killed. */
const LEFTOVER_LIMIT_MS = 10_000;

/** @type {import('./home.mjs').ProgramName[]} */
const NAMES = ['agent', 'bridge', 'virtual-mac'];

/**
 * What a ready relay tells its user.
 * @typedef {object} Summary
 * @property {{ url: string }} bridge
 * @property {{ liveKey: string, sandboxKey: string }} account
 * @property {{ id: string, handle: string }[]} lines
 * @property {{ home: string }} agent
 * @property {{ home: string, messagesDb: string, callHistoryDb: string, people: { handle: string, behaves: string }[] } | null} virtualMac
 */

/** The environment for our programs: the user's, without settings of ours that are meant for something else. */
function cleanEnvironment() {
  const ours = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('BLUERELAY_') || name === 'BLUERELAY_LOG',
  );
  return Object.fromEntries(ours);
}

/**
 * Waits for children of a start that was killed: they end by themselves, since their standard input ended.
 * @param {import('./home.mjs').Home} home
 * @param {AbortSignal} signal
 */
async function endLeftovers(home, signal) {
  for (const name of NAMES) {
    const pid = home.readPid(name);
    const script = name === 'bridge' ? BRIDGE : AGENT;
    if (pid !== undefined) {
      const end = Date.now() + LEFTOVER_LIMIT_MS;
      while (isRunning(pid, script) && Date.now() < end) await sleep(100, undefined, { signal });
      if (isRunning(pid, script)) signalIfAlive(pid, 'SIGKILL');
    }
    home.forgetPid(name);
  }
}

/** The three programs, from provisioning their state to stopping them in order. */
export class Relay {
  #home;
  #options;
  #env = cleanEnvironment();
  /** @type {import('./home.mjs').Memory} */
  #memory = {};
  #port = 0;
  #url = '';
  /** @type {Map<import('./home.mjs').ProgramName, Program>} */
  #programs = new Map();

  /**
   * @param {import('./home.mjs').Home} home
   * @param {import('./options.mjs').Options} options
   */
  constructor(home, options) {
    this.#home = home;
    this.#options = options;
  }

  /**
   * Starts everything and resolves when all is ready.
   * @param {AbortSignal} signal
   * @returns {Promise<Summary>}
   */
  async start(signal) {
    const limit = AbortSignal.timeout(READY_LIMIT_MS);
    try {
      return await this.#start(AbortSignal.any([signal, limit]));
    } catch (error) {
      if (limit.aborted && !signal.aborted)
        throw new StartError(
          `Not ready within ${READY_LIMIT_MS / 1000} s; see the logs in ${this.#home.folder}/logs.`,
        );
      throw error;
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Summary>}
   */
  async #start(signal) {
    this.#memory = this.#home.recall();
    this.#checkRelease();
    await endLeftovers(this.#home, signal);
    this.#port = await choosePort(this.#options.port, this.#memory.port);
    tell('Starting ...');
    const virtualMac = this.#options.virtual ? await this.#startVirtualMac(signal) : null;
    await this.#startBridge(signal);
    const account = await this.#account(signal);
    const line = await this.#enrol(account.id, signal);
    await this.#startAgent(signal);
    for (const program of this.#programs.values()) program.keepRunning();
    return {
      bridge: { url: this.#url },
      account: { liveKey: account.liveKey, sandboxKey: account.sandboxKey },
      lines: [{ id: line.id, handle: line.handle }],
      agent: { home: this.#home.agent },
      virtualMac,
    };
  }

  /** A virtual Mac stays the release that it was made as. */
  #checkRelease() {
    const { macos } = this.#options;
    const made = this.#memory.macos;
    if (macos && made && macos !== made)
      throw new StartError(
        `The virtual Mac in ${this.#home.folder} is macOS ${made}; for macOS ${macos} set BLUERELAY_DEMO_HOME to another folder.`,
      );
  }

  /** @param {Partial<import('./home.mjs').Memory>} facts */
  #remember(facts) {
    this.#memory = { ...this.#memory, ...facts };
    this.#home.remember(this.#memory);
  }

  get #agentEnv() {
    return {
      ...this.#env,
      BLUERELAY_HOME: this.#home.agent,
      ...(this.#options.virtual ? { BLUERELAY_VIRTUAL_MAC: this.#home.virtualMac } : {}),
    };
  }

  get #bridgeEnv() {
    return {
      ...this.#env,
      BLUERELAY_BRIDGE_STORE: `sqlite:${this.#home.bridgeStore}`,
      BLUERELAY_BRIDGE_ALLOW_HTTP_WEBHOOKS: '1',
    };
  }

  /**
   * Starts a program and resolves with its first line on stdout; rejects with its reason when it ends before.
   * @param {import('./home.mjs').ProgramName} name
   * @param {() => string[]} args
   * @param {NodeJS.ProcessEnv} env
   * @param {AbortSignal} signal
   * @returns {Promise<string>}
   */
  async #run(name, args, env, signal) {
    signal.throwIfAborted();
    const program = new Program({ name, home: this.#home, args, env });
    this.#programs.set(name, program);
    return await this.#unlessFailed(signal, new Promise((resolve) => program.start(resolve)));
  }

  /**
   * @template T
   * @param {AbortSignal} signal
   * @param {Promise<T>} work
   * @returns {Promise<T>}
   */
  async #unlessFailed(signal, work) {
    /** @type {Promise<never>} */
    const aborted = new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const failures = [...this.#programs.values()].map((program) => program.failed);
    return await Promise.race([work, aborted, ...failures]);
  }

  /** @param {AbortSignal} signal */
  async #startVirtualMac(signal) {
    const macos = this.#options.macos ?? this.#memory.macos ?? DEFAULT_RELEASE;
    const home = this.#home.virtualMac;
    const args = [
      AGENT,
      'virtual-mac',
      'run',
      '--home',
      home,
      '--macos',
      macos,
      '--line',
      VIRTUAL_LINE,
      '--acquainted',
      '--relays',
      'SMS',
      '--json',
    ];
    const line = await this.#run('virtual-mac', () => args, this.#agentEnv, signal);
    if (this.#memory.macos !== macos) this.#remember({ macos });
    const { messagesDb, callHistoryDb, people } = JSON.parse(line);
    return { home, messagesDb, callHistoryDb, people };
  }

  /** @param {AbortSignal} signal */
  async #startBridge(signal) {
    const args = () => [BRIDGE, 'serve', '--port', String(this.#port), '--json'];
    const line = await this.#run('bridge', args, this.#bridgeEnv, signal);
    this.#url = JSON.parse(line).url;
    this.#port = Number(new URL(this.#url).port);
    if (this.#memory.port !== this.#port) this.#remember({ port: this.#port });
    await this.#until(signal, async () => (await fetch(`${this.#url}/readyz`, { signal })).ok);
  }

  /** @param {AbortSignal} signal */
  async #account(signal) {
    if (this.#memory.account) return this.#memory.account;
    const made = await runForJson(
      'The account could not be made',
      [BRIDGE, 'account', 'create', '--name', 'demo', '--json'],
      { env: this.#bridgeEnv, signal },
    );
    const account = { id: made.account.id, liveKey: made.liveKey, sandboxKey: made.sandboxKey };
    this.#remember({ account });
    return account;
  }

  /**
   * The line of the agent, which is enrolled when it is not yet; an agent whose bridge moved to another port follows it.
   * @param {string} accountId
   * @param {AbortSignal} signal
   */
  async #enrol(accountId, signal) {
    const enrolled = this.#home.readAgent();
    if (enrolled) {
      if (enrolled.bridge !== this.#url) this.#home.writeAgent({ ...enrolled, bridge: this.#url });
      return enrolled.line;
    }
    const { token } = await runForJson(
      'The enrolment token could not be made',
      [BRIDGE, 'agent', 'token', '--account', accountId, '--json'],
      { env: this.#bridgeEnv, signal },
    );
    if (this.#options.virtual) this.#home.writeVirtualPacing();
    const handle = this.#options.virtual ? VIRTUAL_LINE : this.#options.handle;
    const { line } = await runForJson(
      'The agent could not be enrolled',
      [
        AGENT,
        'enrol',
        '--bridge',
        this.#url,
        '--token',
        '-',
        '--json',
        ...(handle ? ['--handle', handle] : []),
      ],
      { env: this.#agentEnv, input: token, signal },
    );
    return line;
  }

  /** @param {AbortSignal} signal */
  async #startAgent(signal) {
    const sending = this.#options.virtual || this.#options.allowSending;
    const args = [AGENT, 'run', '--json', ...(sending ? ['--allow-sending'] : [])];
    if (!this.#options.pacing) args.push('--pacing', 'off');
    await this.#run('agent', () => args, this.#agentEnv, signal);
    await this.#until(signal, async () => {
      const asked = runCommand('The link', [AGENT, 'status', '--json'], { env: this.#agentEnv, signal });
      return asked.then(() => true);
    });
  }

  /**
   * Asks again and again until the answer is yes; an answer that cannot be had yet counts as no.
   * @param {AbortSignal} signal
   * @param {() => Promise<boolean>} ask
   */
  async #until(signal, ask) {
    const loop = async () => {
      while (!(await ask().catch(() => false))) await sleep(100, undefined, { signal });
    };
    await this.#unlessFailed(signal, loop());
  }

  /**
   * Stops agent, bridge and virtual Mac in this order; all at once when `hurry` aborts.
   * @param {AbortSignal} hurry
   */
  async stop(hurry) {
    /** @type {Promise<void>[]} */
    const stops = [];
    const hurried = new Promise((resolve) => hurry.addEventListener('abort', resolve, { once: true }));
    for (const name of NAMES) {
      const stop = this.#programs.get(name)?.stop(hurry);
      if (!stop) continue;
      stops.push(stop);
      if (!hurry.aborted) await Promise.race([stop, hurried]);
    }
    await Promise.all(stops);
  }
}
