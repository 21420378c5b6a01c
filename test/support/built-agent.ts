import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from '../../bridge/runtime/package-root.ts';

export interface AgentHomes {
  /** Folder of the agent's own files. */
  home: string;
  /** Home folder of the virtual Mac. */
  mac: string;
}

const environment = ({ home, mac }: AgentHomes): NodeJS.ProcessEnv => ({
  ...process.env,
  BLUERELAY_HOME: home,
  BLUERELAY_VIRTUAL_MAC: mac,
  BLUERELAY_LOG: 'error',
});

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one command of the built `bluerelay` to its end. */
export async function bluerelay(homes: AgentHomes, args: readonly string[], input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [builtFile('agent/main.js'), ...args], { env: environment(homes) });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    outcome.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    outcome.stderr += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, ...outcome };
}

/** A running `bluerelay run` of the built program. */
export class BuiltAgent {
  readonly child: ChildProcess;
  /** Everything that it wrote to stderr. */
  log = '';
  readonly #exited: Promise<unknown>;

  constructor(homes: AgentHomes, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [builtFile('agent/main.js'), 'run', ...args], {
      env: { ...environment(homes), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr?.on('data', (chunk) => {
      this.log += chunk;
    });
    this.#exited = once(this.child, 'exit');
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal);
    await this.#exited;
    return this.child.exitCode;
  }
}
