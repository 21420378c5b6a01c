// Kept to syntax that old releases of Node.js can parse, so that they get a clear line and not a SyntaxError.

/** The oldest Node.js that BlueRelay runs on. */
const OLDEST_MAJOR = 20;
const OLDEST_MINOR = 19;

/** Says in one line on stderr when this Node.js is too old, and returns whether it is new enough. */
export function requireNode() {
  const parts = process.versions.node.split('.').map(Number);
  const major = parts[0] || 0;
  const minor = parts[1] || 0;
  const enough = major > OLDEST_MAJOR || (major === OLDEST_MAJOR && minor >= OLDEST_MINOR);
  if (!enough) {
    process.stderr.write(
      `BlueRelay needs Node.js ${OLDEST_MAJOR}.${OLDEST_MINOR} or newer; this is ${process.versions.node}.\n`,
    );
    process.exitCode = 1;
  }
  return enough;
}
