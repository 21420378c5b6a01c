import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { takeLock } from './lock.mjs';
import { signalIfAlive } from './process-table.mjs';
import { StartError, systemCode, tell } from './start-error.mjs';

/** The clone that this file is part of. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** How long npm or the compiler may take to stop before it is killed. */
const TOOL_STOP_LIMIT_MS = 5_000;

/** @param {string[]} segments */
const inRoot = (...segments) => path.join(ROOT, ...segments);

/** Says for which lock file, machine and binary interface of Node.js the packages were installed. */
const INSTALLED = inRoot('node_modules', '.bluerelay-installed');
/** Says from which sources dist was built. */
const BUILT = inRoot('dist', '.bluerelay-built');

/** @param {string | Buffer} data */
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * The content of a file, or undefined where there is none.
 * @param {string} file
 */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws when this is not a whole clone. */
function checkFiles() {
  const missing = ['package.json', 'package-lock.json', 'tsconfig.json'].find(
    (name) => !existsSync(inRoot(name)),
  );
  if (missing) throw new StartError(`${missing} is missing in ${ROOT}: run this from a complete checkout.`);
}

const wantedInstall = () =>
  `${sha256(readFileSync(inRoot('package-lock.json')))} ${process.platform}-${process.arch} abi-${process.versions.modules}\n`;

/** Whether npm itself already installed just what the lock file says; packages of other platforms may be absent. */
function npmAgrees() {
  const hidden = read(inRoot('node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const installed = JSON.parse(hidden).packages ?? {};
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(wanted).every(([name, { version, optional, integrity }]) => {
    if (name === '') return true;
    const found = installed[name];
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
}

/** Every source of the build, as one hash over names and contents. */
function sourcesHash() {
  const hash = createHash('sha256');
  const files = ['agent', 'bridge'].flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(folder, name)),
  );
  for (const name of ['tsconfig.json', 'package-lock.json', 'scripts/bundle.mjs', ...files.sort()])
    hash.update(`${name}\0${sha256(readFileSync(inRoot(name)))}\n`);
  return `${hash.digest('hex')}\n`;
}

/**
 * Runs a tool with its output on stderr, in a process group of its own so that it can be ended whole.
 * @param {string} what for people
 * @param {string} command
 * @param {string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function runTool(what, command, args, signal) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ['ignore', 2, 2] });
    /** @type {NodeJS.Timeout | undefined} */
    let limit;
    const end = () => {
      if (child.pid === undefined) return;
      const group = -child.pid;
      signalIfAlive(group, 'SIGTERM');
      limit = setTimeout(() => signalIfAlive(group, 'SIGKILL'), TOOL_STOP_LIMIT_MS);
    };
    signal.addEventListener('abort', end, { once: true });
    const done = () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
    };
    child.on('error', (error) => {
      done();
      reject(new StartError(`${what} could not run: ${error.message}`));
    });
    child.on('exit', (code) => {
      done();
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new StartError(`${what} failed; what it said stands above.`));
    });
  });
}

/** npm as it was started, or the one on the path. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js')
    ? { command: process.execPath, args: [script] }
    : { command: 'npm', args: [] };
}

/** @param {AbortSignal} signal */
async function install(signal) {
  const wanted = wantedInstall();
  const recorded = read(INSTALLED);
  if (recorded === wanted) return;
  if (recorded !== undefined || !npmAgrees()) {
    tell('Installing packages (npm ci) ...');
    const npm = npmCommand();
    // Said on the command line because `npm start --silent` hands its own silence down through the environment.
    const args = [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
    await runTool('npm ci', npm.command, args, signal);
  }
  writeFileSync(INSTALLED, wanted);
}

/** @param {AbortSignal} signal */
async function build(signal) {
  const wanted = sourcesHash();
  const complete =
    existsSync(inRoot('dist', 'agent', 'main.js')) && existsSync(inRoot('dist', 'bridge', 'main.js'));
  if (complete && read(BUILT) === wanted) return;
  tell('Building ...');
  // The compiler believes its own notes about what it wrote, also when somebody deleted that.
  if (!complete) rmSync(inRoot('dist', 'modules', '.tsbuildinfo'), { force: true });
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  await runTool('The build', process.execPath, [compiler, '-p', ROOT], signal);
  await runTool('The build', process.execPath, [inRoot('scripts', 'bundle.mjs')], signal);
  writeFileSync(BUILT, wanted);
}

/**
 * Installs packages and builds where that is needed; one process of this clone at a time.
 * @param {AbortSignal} signal
 */
export async function provision(signal) {
  checkFiles();
  mkdirSync(inRoot('dist'), { recursive: true });
  const lockFile = inRoot('dist', '.provision.lock');
  let waiting = false;
  for (;;) {
    const lock = takeLock(lockFile, 'scripts/');
    if ('release' in lock) {
      try {
        await install(signal);
        await build(signal);
      } finally {
        lock.release();
      }
      return;
    }
    if (!waiting) tell(`Waiting for process ${lock.holder}, which installs or builds in this clone ...`);
    waiting = true;
    await sleep(200, undefined, { signal });
  }
}
