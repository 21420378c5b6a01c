import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { provision, ROOT } from '../start/provision.mjs';
import { tell } from '../start/start-error.mjs';

const FOLDER = path.join(ROOT, 'test', 'bench');

/**
 * Runs a program of Node.js to its end and resolves with its exit code.
 * @param {string[]} args
 * @returns {Promise<number>}
 */
const runNode = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });

/** @returns {string[]} What can be measured: each has a folder in test/bench. */
const names = () =>
  readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/**
 * Builds the project and its benchmarks, and runs one of them: `npm run bench -- inbound [its options]`.
 * @param {string[]} argv
 */
export async function main(argv) {
  const [name = '', ...options] = argv;
  if (!/^[a-z-]+$/.test(name) || !existsSync(path.join(FOLDER, name, `${name}.ts`))) {
    tell(`Usage: npm run bench -- <${names().join('|')}> [--json] [--quick]`);
    process.exitCode = 2;
    return;
  }
  await provision(new AbortController().signal);
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const built = await runNode([tsc, '-p', path.join(FOLDER, 'tsconfig.json')]);
  const program = path.join(ROOT, 'dist', 'bench', 'test', 'bench', name, `${name}.js`);
  if (built !== 0 && !existsSync(program)) process.exitCode = built;
  else process.exitCode = await runNode([program, ...options]);
}
