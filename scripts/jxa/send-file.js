/**
 * Sends a file, which must lie where Messages may read it.
 *
 * @param {SendTarget & { path: string }} input
 * @returns {SendOutcome}
 */
function main(input) {
  return sendTo(input, () => Path(input.path));
}
