import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { provision, ROOT } from '../start/provision.mjs';
import { StartError, tell } from '../start/start-error.mjs';
import { HELP, readOptions } from './options.mjs';
import { summaryOf } from './summary.mjs';

/** @import { Result } from './summary.mjs' */

/** So many failed seeds are told in full, and so much of what vitest says. */
const TOLD_IN_FULL = 5;
const MOST_SAID = 20_000;

/**
 * Runs the suite with vitest and resolves with the end of what it printed.
 * @param {import('./options.mjs').Options} options
 * @param {string} report file for the results
 * @returns {Promise<string>}
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
        said = `${said}${chunk}`.slice(-MOST_SAID);
      });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', () => resolve(said));
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
 * Tells what went wrong, as much of it as people read.
 * @param {Result[]} results
 * @param {number} seeds
 * @param {string} said
 */
function tellFailures(results, seeds, said) {
  const failed = results.filter(({ violations }) => violations.length > 0);
  for (const { description } of failed.slice(0, TOLD_IN_FULL)) tell(`\n${description}`);
  if (failed.length > TOLD_IN_FULL) tell(`\nand ${failed.length - TOLD_IN_FULL} more seeds failed`);
  if (results.length < seeds) tell(`\n${seeds - results.length} seeds came to no result:\n${said}`);
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
      if (options.results) appendFileSync(options.results, `${JSON.stringify(result)}\n`);
    }
  };
  const watcher = watch(report, show);
  try {
    const said = await runSuite(options, report);
    show();
    const results = resultsIn(report);
    tellFailures(results, options.seeds, said);
    const summary = {
      first: options.seed,
      seeds: options.seeds,
      ...summaryOf(results),
      date: new Date().toISOString().slice(0, 10),
      commit: commit(),
    };
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else tell(JSON.stringify(summary, null, 2));
    return summary.run === options.seeds && summary.failed.length === 0 ? 0 : 1;
  } finally {
    watcher.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
