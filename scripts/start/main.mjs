import { Home } from './home.mjs';
import { HELP, readOptions } from './options.mjs';
import { provision } from './provision.mjs';
import { Relay } from './relay.mjs';
import { nextSteps } from './say.mjs';
import { StartError, systemCode, tell } from './start-error.mjs';
import { listenForStop } from './stop-request.mjs';

/**
 * Runs until asked to stop.
 * @param {import('./options.mjs').Options} options
 * @param {{ stop: AbortSignal, hurry: AbortSignal }} wishes
 */
async function run(options, { stop, hurry }) {
  const home = Home.of(process.env);
  const release = home.open();
  const relay = new Relay(home, options);
  try {
    await provision(stop);
    const summary = await relay.start(stop);
    process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : nextSteps(summary));
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    tell('Stopping ...');
  } finally {
    await relay.stop(hurry);
    release();
  }
}

/** A reader that went away must not end the relay: what it would have read is also in the logs. */
function outliveReaders() {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (systemCode(error) !== 'EPIPE') throw error;
    });
}

/**
 * @param {string[]} argv
 * @returns {Promise<void>}
 */
export async function main(argv) {
  outliveReaders();
  const wishes = listenForStop(process.env);
  try {
    const options = readOptions(argv, process.platform);
    if (options.help) process.stdout.write(`${HELP}\n`);
    else await run(options, wishes);
    process.exitCode = 0;
  } catch (error) {
    if (wishes.stop.aborted) process.exitCode = 0;
    else if (error instanceof StartError) {
      tell(error.message);
      process.exitCode = error.exitCode;
    } else {
      tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exitCode = 1;
    }
  }
  process.exit();
}
