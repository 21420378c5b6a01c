import { spawn } from 'node:child_process';
import { closeSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openLog, trimLog } from './log-file.mjs';
import { signalIfAlive } from './process-table.mjs';
import { reasonIn } from './run-command.mjs';
import { StartError, tell } from './start-error.mjs';

/** First and longest wait before a program that died is started again, in milliseconds. */
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** After running this long a program counts as well again. */
const STABLE_MS = 15_000;
/** How long a program may take to stop before it is killed, and after the user asked twice. */
const STOP_LIMIT_MS = 10_000;
const HURRIED_LIMIT_MS = 2_000;
const TRIM_EVERY_MS = 60_000;

/**
 * @typedef {object} ProgramOptions
 * @property {import('./home.mjs').ProgramName} name
 * @property {import('./home.mjs').Home} home
 * @property {() => string[]} args arguments of node, asked for at each start
 * @property {NodeJS.ProcessEnv} env
 */

/**
 * One of the three programs: started, kept running as launchd and systemd would, stopped. It reads from a pipe that
 * ends when this process is gone, however that came, and stands in a process group of its own, so that a Ctrl-C of
 * the terminal reaches it once and in order.
 */
export class Program {
  #options;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {NodeJS.Timeout | undefined} */
  #restart;
  /** @type {NodeJS.Timeout} */
  #trim;
  #stopping = false;
  #keep = false;
  #deaths = 0;
  #logStart = 0;
  /** @type {(line: string) => void} */
  #onLine = () => undefined;
  /** @type {(error: StartError) => void} */
  #onFirstDeath = () => undefined;
  /** Rejects when the program ends before {@link Program.keepRunning}. @type {Promise<never>} */
  failed;

  /** @param {ProgramOptions} options */
  constructor(options) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#onFirstDeath = reject;
    });
    // Whoever waits for readiness sees the rejection; before that nobody has to.
    this.failed.catch(() => undefined);
    this.#trim = setInterval(() => trimLog(options.home.logFile(options.name)), TRIM_EVERY_MS);
    this.#trim.unref();
  }

  /**
   * Starts the program.
   * @param {(line: string) => void} [onLine] gets every line that it prints on stdout, after each start
   */
  start(onLine) {
    if (onLine) this.#onLine = onLine;
    const { name, home, args, env } = this.#options;
    const log = openLog(home.logFile(name));
    this.#logStart = statSync(home.logFile(name)).size;
    const child = spawn(process.execPath, args(), {
      env: { ...env, BLUERELAY_STOP_ON_STDIN_END: '1' },
      detached: true,
      stdio: ['pipe', 'pipe', log],
    });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) home.writePid(name, child.pid);
    // The pipe breaks when the program dies, which its exit tells.
    child.stdin?.on('error', () => undefined);
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    const startedAt = Date.now();
    child.once('error', (error) =>
      this.#onFirstDeath(new StartError(`${name} cannot be run: ${error.message}`)),
    );
    child.once('exit', (code, signal) => this.#died(signal ?? `exit code ${code}`, Date.now() - startedAt));
  }

  /** From now on the program is started again whenever it dies. */
  keepRunning() {
    this.#keep = true;
  }

  /**
   * @param {string} how
   * @param {number} livedMs
   */
  #died(how, livedMs) {
    const { name } = this.#options;
    this.#child = undefined;
    if (this.#stopping) return;
    if (!this.#keep) {
      this.#onFirstDeath(new StartError(`The ${name} stopped before it was ready: ${this.#reason() ?? how}`));
      return;
    }
    this.#deaths = livedMs >= STABLE_MS ? 0 : this.#deaths;
    const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#deaths);
    this.#deaths += 1;
    tell(`The ${name} ended (${how}); it is started again in ${wait / 1000} s.`);
    this.#restart = setTimeout(() => this.start(), wait);
  }

  #reason() {
    const { name, home } = this.#options;
    return reasonIn(readFileSync(home.logFile(name)).subarray(this.#logStart).toString('utf8'));
  }

  /**
   * Stops the program for good: asks, asks again when `hurry` aborts, kills after a bound.
   * @param {AbortSignal} hurry
   * @returns {Promise<void>}
   */
  async stop(hurry) {
    this.#stopping = true;
    clearTimeout(this.#restart);
    clearInterval(this.#trim);
    const { name, home } = this.#options;
    const child = this.#child;
    if (child?.pid !== undefined) await end(child, child.pid, hurry);
    home.forgetPid(name);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} pid
 * @param {AbortSignal} hurry
 */
async function end(child, pid, hurry) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const kill = () => signalIfAlive(pid, 'SIGKILL');
  let limit = setTimeout(kill, STOP_LIMIT_MS);
  const onHurry = () => {
    signalIfAlive(pid, 'SIGTERM');
    clearTimeout(limit);
    limit = setTimeout(kill, HURRIED_LIMIT_MS);
  };
  signalIfAlive(pid, 'SIGTERM');
  if (hurry.aborted) onHurry();
  else hurry.addEventListener('abort', onHurry, { once: true });
  await gone;
  hurry.removeEventListener('abort', onHurry);
  clearTimeout(limit);
}
