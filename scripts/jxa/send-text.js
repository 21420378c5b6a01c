/**
 * Sends a text.
 *
 * @param {SendTarget & { text: string }} input
 * @returns {SendOutcome}
 */
function main(input) {
  return sendTo(input, () => input.text);
}
