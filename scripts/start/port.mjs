import { createServer } from 'node:net';
import { StartError, systemCode } from './start-error.mjs';

/** Where the bridge listens when nobody says otherwise. */
const USUAL_PORT = 8787;

/**
 * Why a port of this machine cannot be listened on; undefined when it can.
 * @param {number} port
 * @returns {Promise<string | undefined>}
 */
function obstacle(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemCode(error) ?? error.message));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * The port for the bridge, 0 where the system may choose: the one asked for, or else the one of the last start, so
 * that addresses that were written down go on working, or else the usual one where it is free.
 * @param {number | undefined} asked
 * @param {number | undefined} last
 * @returns {Promise<number>}
 */
export async function choosePort(asked, last) {
  if (asked) {
    const code = await obstacle(asked);
    if (code === undefined) return asked;
    const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
    throw new StartError(`Port ${asked} ${what}; choose another with --port N, or 0 for any.`);
  }
  if (last && (await obstacle(last)) === undefined) return last;
  if (asked === undefined && (await obstacle(USUAL_PORT)) === undefined) return USUAL_PORT;
  return 0;
}
