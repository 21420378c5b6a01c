import os from 'node:os';
import { parseArgs } from 'node:util';
import { StartError } from '../start/start-error.mjs';

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {number} seeds how many
 * @property {number} seed the first one
 * @property {number} parallel runs at a time
 * @property {boolean} json
 * @property {string | undefined} results file to which each result is appended, one JSON line for each seed
 */

/** Runs mostly wait, but each starts dozens of processes. */
const PARALLEL = Math.min(16, 2 * os.availableParallelism());

export const HELP = `Usage: npm run chaos -- [options]

Runs the whole relay with a virtual Mac, seed by seed, while programs are killed, the link is cut, held and repeated,
disks are full, clocks jump, osascript hangs and webhooks fail; then compares what was asked, what the people received
and what was told, and counts at which of the labelled steps something was killed.

  --seeds N      how many seeds (default 10)
  --seed S       the first seed (default 1)
  --parallel P   runs at a time (default two for each core: ${PARALLEL} here)
  --results FILE append what came of each seed to a file, as JSON lines
  --json         print the summary as one JSON line on stdout
  --help         print this

Exit codes: 0 every promise was kept, 1 one was not: seed, plan, sides and logs stand on stderr; 2 wrong usage.`;

/**
 * Reads the command line; throws StartError with exit code 2 for what cannot be meant.
 * @param {string[]} argv
 * @returns {Options}
 */
export function readOptions(argv) {
  const values = parse(argv);
  /** @param {'seeds' | 'seed' | 'parallel'} name @param {number} largest */
  const number = (name, largest) => {
    const text = values[name];
    if (!/^\d{1,9}$/.test(text) || Number(text) < 1 || Number(text) > largest)
      throw misuse(`--${name} takes a number from 1 to ${largest}.`);
    return Number(text);
  };
  return {
    help: values.help,
    seeds: number('seeds', 100_000),
    seed: number('seed', 999_999_999),
    parallel: number('parallel', 64),
    json: values.json,
    results: values.results,
  };
}

/** @param {string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: argv,
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '10' },
        seed: { type: 'string', default: '1' },
        parallel: { type: 'string', default: String(PARALLEL) },
        results: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw misuse(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

/** @param {string} message */
const misuse = (message) => new StartError(`${message} See: npm run chaos -- --help`, 2);
