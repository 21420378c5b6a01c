import { parseArgs } from 'node:util';
import { StartError } from './start-error.mjs';

/** Releases of macOS that a virtual Mac can be. */
const RELEASES = ['12', '13', '14', '15', '26', '27'];

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {boolean} json print one JSON line on stdout when all is ready
 * @property {number | undefined} port port of the bridge, 0 for any; undefined when not asked for
 * @property {string | undefined} macos release of the virtual Mac; undefined when not asked for
 * @property {boolean} virtual whether a virtual Mac is run
 * @property {boolean} pacing
 * @property {string | undefined} handle number or email of the real Mac's line
 * @property {boolean} allowSending whether the agent may send from a real Mac
 */

export const HELP = `Usage: npm start [--silent] -- [options]

Runs a bridge, an agent enrolled with it and, off a Mac, a virtual Mac, until it is stopped.
On a Mac the agent reads the real Messages and sends nothing unless --allow-sending is given.

  --json            print one JSON line on stdout when all is ready
  --port N          port of the bridge on this machine; 0 takes any
  --macos RELEASE   release of the virtual Mac: ${RELEASES.join(', ')}; on a Mac, use a virtual one
  --pacing off      send as fast as the virtual Mac takes it
  --allow-sending   on a Mac, let the agent send from the signed-in account
  --handle HANDLE   on a Mac, the number or email that messages leave from, where Messages does not show it
  --help            print this

State is kept in ./.bluerelay, or in the folder that BLUERELAY_DEMO_HOME names.`;

/** @param {string} message */
const misuse = (message) => new StartError(`${message} See: npm start -- --help`, 2);

/** @param {string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: argv,
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        port: { type: 'string' },
        macos: { type: 'string' },
        pacing: { type: 'string' },
        handle: { type: 'string' },
        'allow-sending': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, ambiguous] = /^Option '(--[a-z-]+).*ambiguous/.exec(message) ?? [];
    if (ambiguous) throw misuse(`${ambiguous} takes a value, which does not begin with a dash.`);
    const reason = message.split(/\.\s/)[0] ?? '';
    throw misuse(`${reason.replace(/\.$/, '')}.`);
  }
}

/**
 * Reads the command line; throws StartError with exit code 2 for what cannot be meant.
 * @param {string[]} argv
 * @param {NodeJS.Platform} platform
 * @returns {Options}
 */
export function readOptions(argv, platform) {
  const values = parse(argv);
  if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && Number(values.port) <= 65_535))
    throw misuse('--port takes a number from 0 to 65535.');
  if (values.macos !== undefined && !RELEASES.includes(values.macos))
    throw misuse(`--macos takes one of ${RELEASES.join(', ')}.`);
  if (values.pacing !== undefined && values.pacing !== 'off') throw misuse('--pacing takes only off.');
  const virtual = platform !== 'darwin' || values.macos !== undefined;
  if (values.pacing === 'off' && !virtual)
    throw misuse('--pacing off is for a virtual Mac; a real line is never unpaced.');
  return {
    help: values.help,
    json: values.json,
    port: values.port === undefined ? undefined : Number(values.port),
    macos: values.macos,
    virtual,
    pacing: values.pacing !== 'off',
    handle: values.handle,
    allowSending: values['allow-sending'],
  };
}
