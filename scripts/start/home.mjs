import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { takeLock } from './lock.mjs';
import { ROOT } from './provision.mjs';
import { StartError, systemCode } from './start-error.mjs';

/** @typedef {'bridge' | 'agent' | 'virtual-mac'} ProgramName */

/**
 * What a later start must find again.
 * @typedef {object} Memory
 * @property {{ id: string, liveKey: string, sandboxKey: string }} [account]
 * @property {number} [port] where the bridge listened last
 * @property {string} [macos] release of the virtual Mac, which its database keeps for good
 */

/**
 * Makes a folder and those above it, 0700. Node's own recursive way never ends where the system answers that a folder
 * of an existing folder cannot exist, as in /proc.
 * @param {string} folder
 */
function makeFolder(folder, parentsMade = false) {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || parentsMade) throw error;
    makeFolder(path.dirname(folder));
    makeFolder(folder, true);
  }
}

/**
 * What the agent notes when it is enrolled.
 * @typedef {object} Enrolled
 * @property {string} bridge address of its bridge
 * @property {string} agentId
 * @property {{ id: string, handle: string }} line
 */

/**
 * Writes a file (0600) whole or not at all.
 * @param {string} file
 * @param {string} content
 */
function replace(file, content) {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** The folder with everything that a demo keeps. Folders are 0700, files 0600. */
export class Home {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.bridgeStore = path.join(folder, 'bridge', 'bridge.db');
    this.agent = path.join(folder, 'agent');
    this.virtualMac = path.join(folder, 'virtual-mac');
  }

  /** @param {NodeJS.ProcessEnv} env */
  static of(env) {
    return new Home(path.resolve(env.BLUERELAY_DEMO_HOME || path.join(ROOT, '.bluerelay')));
  }

  /**
   * Makes the folders and takes the lock; throws when the folder cannot be written or another start runs on it.
   * @returns {() => void} gives the lock back
   */
  open() {
    try {
      for (const name of ['', 'bridge', 'agent', 'virtual-mac', 'run', 'logs'])
        makeFolder(path.join(this.folder, name));
      chmodSync(this.folder, 0o700);
      const lock = takeLock(path.join(this.folder, 'run', 'start.lock'), 'start.mjs');
      if ('release' in lock) return lock.release;
      throw new StartError(
        `BlueRelay already runs on ${this.folder} (process ${lock.holder}); stop it, or set BLUERELAY_DEMO_HOME.`,
      );
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      throw new StartError(
        `Cannot write in ${this.folder} (${code}); set BLUERELAY_DEMO_HOME to a folder of yours.`,
      );
    }
  }

  /** @returns {Memory} */
  recall() {
    return this.#read(path.join(this.folder, 'demo.json')) ?? {};
  }

  /** @param {Memory} memory */
  remember(memory) {
    replace(path.join(this.folder, 'demo.json'), `${JSON.stringify(memory, null, 2)}\n`);
  }

  /** @returns {Enrolled | undefined} */
  readAgent() {
    return this.#read(path.join(this.agent, 'agent.json'));
  }

  /** @param {Enrolled} enrolled */
  writeAgent(enrolled) {
    replace(path.join(this.agent, 'agent.json'), `${JSON.stringify(enrolled, null, 2)}\n`);
  }

  /** Paces the line of a virtual Mac as one that is long warmed up, whose people may be written to without an answer. */
  writeVirtualPacing() {
    const pacing = { activatedOn: '2026-01-01', unanswered: 100 };
    replace(path.join(this.agent, 'pacing.json'), `${JSON.stringify(pacing, null, 2)}\n`);
  }

  /** @param {string} file */
  #read(file) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw new StartError(`${file} cannot be read; to begin anew delete ${this.folder}.`);
    }
  }

  /** @param {ProgramName} name */
  logFile(name) {
    return path.join(this.folder, 'logs', `${name}.log`);
  }

  /** @param {ProgramName} name */
  #pidFile(name) {
    return path.join(this.folder, 'run', `${name}.pid`);
  }

  /**
   * @param {ProgramName} name
   * @param {number} pid
   */
  writePid(name, pid) {
    replace(this.#pidFile(name), `${pid}\n`);
  }

  /**
   * @param {ProgramName} name
   * @returns {number | undefined}
   */
  readPid(name) {
    try {
      return Number.parseInt(readFileSync(this.#pidFile(name), 'utf8'), 10) || undefined;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** @param {ProgramName} name */
  forgetPid(name) {
    rmSync(this.#pidFile(name), { force: true });
  }
}
