import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  name: string;
  /** Arguments of node. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Where its stderr goes. */
  logFile: string;
  /** Called with each line of its stderr. */
  onLine?: (line: string) => void;
  /** Called when a process of it was started. */
  onStart?: () => void;
  /** Called when it ended although nobody killed it. */
  onCrash: (how: string) => void;
}

/** How soon a program that ended by itself is started again, in milliseconds. */
const AFTER_CRASH_MS = 500;

/** The environment of a program: the outer one without settings of ours and of vitest, and these. */
export const programEnvironment = (settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(BLUERELAY_|CHAOS_|VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(name),
    ),
  ),
  ...settings,
});

/** One program of a run: started, killed, started again. */
export class Child {
  kills = 0;
  /** The first line of stdout of the newest process. */
  ready: Promise<string> = Promise.resolve('');
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #ended: Promise<string> = Promise.resolve('');
  /** Why the process will end: `killed`, or `asked` to. */
  #fate: 'killed' | 'asked' | undefined;
  #stopping = false;
  #watches: { label: string; nth: number; act: () => void }[] = [];

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Its process, if it is up. */
  get pids(): readonly number[] {
    const pid = this.#process?.pid;
    return pid === undefined ? [] : [pid];
  }

  start(): void {
    const { args, env, onStart } = this.#options;
    this.#fate = undefined;
    this.#note('started');
    const child = spawn(process.execPath, args, {
      env: { ...env, BLUERELAY_STOP_ON_STDIN_END: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    // Its end says what its pipe would.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => this.#heard(line));
    this.ready = new Promise((resolve) => {
      createInterface({ input: child.stdout }).once('line', resolve);
    });
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.#ended.then((how) => this.#died(child, how));
    onStart?.();
  }

  /** Acts when the nth line of its log, counted from now over all its lives, has this message. */
  watch(label: string, nth: number, act: () => void): void {
    this.#watches.push({ label, nth, act });
  }

  forgetWatches(): void {
    this.#watches = [];
  }

  /** SIGKILL, and a new process after a while; nothing when it is down. Returns whether it was up. */
  kill(downMs: number): boolean {
    if (!this.#process || this.#fate === 'killed' || this.#stopping) return false;
    this.#fate = 'killed';
    this.kills += 1;
    this.#process.kill('SIGKILL');
    this.#note('killed');
    void this.#ended.then(() => this.#startIn(downMs));
    return true;
  }

  /** Asks it to stop, and starts it again when it has. Returns whether it was up. */
  restart(): boolean {
    if (!this.#process || this.#fate || this.#stopping) return false;
    this.#fate = 'asked';
    this.#process.kill('SIGTERM');
    this.#note('asked to stop');
    return true;
  }

  /** Asks it to stop, then kills it; resolves with how it ended. */
  async stop(withinMs: number): Promise<string> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.forgetWatches();
    const child = this.#process;
    if (!child) return 'was down';
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), withinMs);
    const how = await this.#ended;
    clearTimeout(limit);
    return how;
  }

  #died(child: ChildProcess, how: string): void {
    if (this.#process === child) this.#process = undefined;
    if (this.#fate === 'killed' || this.#stopping) return;
    // One that is just starting does not know yet how to stop.
    if (this.#fate === 'asked' && ['exit code 0', 'SIGTERM'].includes(how)) {
      this.#startIn(0);
      return;
    }
    this.#note(`ended by itself: ${how}`);
    this.#options.onCrash(how);
    this.#startIn(AFTER_CRASH_MS);
  }

  #startIn(ms: number): void {
    if (this.#stopping) return;
    this.#restart = setTimeout(() => this.start(), ms);
  }

  #heard(line: string): void {
    appendFileSync(this.#options.logFile, `${line}\n`);
    this.#options.onLine?.(line);
    for (const watch of [...this.#watches]) {
      if (!line.includes(`"msg":"${watch.label}"`)) continue;
      watch.nth -= 1;
      if (watch.nth === 0) watch.act();
    }
  }

  #note(what: string): void {
    appendFileSync(
      this.#options.logFile,
      `${JSON.stringify({ time: new Date().toISOString(), chaos: `${this.#options.name} ${what}` })}\n`,
    );
  }
}
