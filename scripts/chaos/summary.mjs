/**
 * What came of one seed, as the suite writes it.
 * @typedef {object} Result
 * @property {number} seed
 * @property {number} ms
 * @property {string[]} violations
 * @property {string} description what went wrong, for people; empty when nothing did
 * @property {Record<string, number>} counts
 * @property {number} kills
 * @property {number} connections
 * @property {number} repeats
 * @property {number} retries
 * @property {number} diskFills
 * @property {number} clockJumps
 * @property {string[]} steps labels of the steps at which something was to be killed
 * @property {string[]} met those at which it was
 */

const ADDED = /** @type {const} */ ([
  'kills',
  'connections',
  'repeats',
  'retries',
  'diskFills',
  'clockJumps',
]);

/**
 * All results as one: which seeds failed, all counts, and how often each labelled step was met.
 * @param {Result[]} results
 */
export function summaryOf(results) {
  /** @type {Record<string, number>} */
  const counts = {};
  /** @type {Record<string, number>} */
  const steps = {};
  /** @param {Record<string, number>} sums @param {string} what @param {number} many */
  const add = (sums, what, many) => {
    sums[what] = (sums[what] ?? 0) + many;
  };
  for (const result of results) {
    for (const [what, many] of Object.entries(result.counts)) add(counts, what, many);
    for (const what of ADDED) add(counts, what, result[what]);
    for (const label of result.steps) add(steps, label, result.met.includes(label) ? 1 : 0);
  }
  const failed = results.filter(({ violations }) => violations.length > 0).map(({ seed }) => seed);
  return {
    run: results.length,
    failed: failed.sort((a, b) => a - b),
    counts,
    steps: Object.fromEntries(Object.entries(steps).sort(([a], [b]) => a.localeCompare(b))),
    stepsNotMet: Object.keys(steps).filter((label) => steps[label] === 0),
  };
}
