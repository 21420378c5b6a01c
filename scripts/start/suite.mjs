import { spawn } from 'node:child_process';
import path from 'node:path';
import { provision, ROOT } from './provision.mjs';
import { StartError, tell } from './start-error.mjs';

/**
 * Runs vitest with the arguments of the command line and resolves with its exit code.
 * @param {string[]} argv
 * @returns {Promise<number>}
 */
function runVitest(argv) {
  return new Promise((resolve, reject) => {
    const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', ...argv], { cwd: ROOT, stdio: 'inherit' });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Installs and builds what is missing, then runs the test suite.
 * @param {string[]} argv
 */
export async function main(argv) {
  try {
    await provision(new AbortController().signal);
    process.exitCode = await runVitest(argv);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tell(error.message);
    process.exitCode = 1;
  }
}
