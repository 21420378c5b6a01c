/** A reason for which the program stops, written for its user as one line. */
export class StartError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode 1, or 2 for a wrong use of the command line
   */
  constructor(message, exitCode = 1) {
    super(message.replace(/\s*\n\s*/g, ' '));
    this.name = 'StartError';
    this.exitCode = exitCode;
  }
}

/**
 * The code of a system error such as ENOENT; undefined for anything else.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export const systemCode = (error) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Writes one line to stderr, where everything that is said to people goes.
 * @param {string} line
 */
export const tell = (line) => {
  process.stderr.write(`${line}\n`);
};
