import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { provision, ROOT } from '../start/provision.mjs';
import { StartError, tell } from '../start/start-error.mjs';
import { HELP, readOptions } from './options.mjs';

/**
 * What came of one seed, as the suite writes it.
 * @typedef {object} Result
 * @property {number} seed
 * @property {number} ms
 * @property {string[]} violations
 * @property {Record<string, number>} counts
 * @property {number} kills
 * @property {number} connections
 * @property {number} repeats
 * @property {number} retries
 */

/**
 * Runs the suite with vitest and resolves when it has ended; what it prints goes to stderr when a seed failed.
 * @param {import('./options.mjs').Options} options
 * @param {string} report file for the results
 * @returns {Promise<void>}
 */
function runSuite({ seeds, seed, parallel }, report) {
  return new Promise((resolve, reject) => {
    const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'run', 'test/process/chaos.test.ts', '--maxConcurrency', String(parallel)];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, CHAOS_SEEDS: String(seeds), CHAOS_SEED: String(seed), CHAOS_REPORT: report },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        said += chunk;
      });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) process.stderr.write(said);
      resolve();
    });
  });
}

/**
 * @param {string} report
 * @returns {Result[]}
 */
const resultsIn = (report) =>
  readFileSync(report, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** @param {Result} result */
const lineOf = ({ seed, ms, violations, counts, kills }) =>
  [
    `seed ${seed}: ${violations.length === 0 ? 'kept' : `${violations.length} violations`}`,
    `${(ms / 1000).toFixed(0)} s, ${kills} kills`,
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', '),
  ].join('; ');

/** @returns {string | null} null outside of a git checkout */
function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    // An unpacked archive has no commit to tell.
    return null;
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {Result[]} results
 */
function summaryOf({ seed, seeds }, results) {
  /** @type {Record<string, number>} */
  const counts = {};
  /** @param {string} what @param {number} many */
  const add = (what, many) => {
    counts[what] = (counts[what] ?? 0) + many;
  };
  for (const result of results) {
    for (const [what, many] of Object.entries(result.counts)) add(what, many);
    for (const what of /** @type {const} */ (['kills', 'connections', 'repeats', 'retries']))
      add(what, result[what]);
  }
  const failed = results.filter(({ violations }) => violations.length > 0).map((result) => result.seed);
  return {
    first: seed,
    seeds,
    run: results.length,
    failed: failed.sort((a, b) => a - b),
    counts,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
  };
}

/** @param {string[]} argv */
export async function main(argv) {
  try {
    const options = readOptions(argv);
    if (options.help) {
      process.stdout.write(`${HELP}\n`);
      return;
    }
    await provision(new AbortController().signal);
    process.exitCode = await run(options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tell(error.message);
    process.exitCode = error.exitCode;
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<number>} exit code
 */
async function run(options) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bluerelay-chaos-report-'));
  const report = path.join(folder, 'results.jsonl');
  writeFileSync(report, '', { mode: 0o600 });
  let shown = 0;
  const show = () => {
    for (const result of resultsIn(report).slice(shown)) {
      shown += 1;
      tell(`${shown}/${options.seeds} ${lineOf(result)}`);
    }
  };
  const watcher = watch(report, show);
  try {
    await runSuite(options, report);
    show();
    const summary = summaryOf(options, resultsIn(report));
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else tell(JSON.stringify(summary, null, 2));
    return summary.run === options.seeds && summary.failed.length === 0 ? 0 : 1;
  } finally {
    watcher.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
