/** How often the parent is looked at, in milliseconds. */
const LOOK_EVERY_MS = 300;
/** A Ctrl-C reaches the whole group, and npm passes it on as well: signals this close together are one wish. */
const SAME_WISH_MS = 500;

/**
 * Whether npm started this program itself. Then the end of npm, or of its shell, is a wish to stop: npm passes a
 * signal on to its shell alone, and an npm that is killed passes on nothing.
 * @param {NodeJS.ProcessEnv} env
 */
const startedByNpm = (env) =>
  env.npm_lifecycle_event === 'start' && Boolean(env.npm_lifecycle_script?.includes('start.mjs'));

/**
 * Listens for every way in which the user can ask to stop: a signal, or the end of the npm that started this.
 * `stop` aborts at the first, `hurry` at the second signal.
 * @param {NodeJS.ProcessEnv} env
 */
export function listenForStop(env) {
  const stop = new AbortController();
  const hurry = new AbortController();
  let askedAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      askedAt = Date.now();
      stop.abort(new StopRequested());
    } else if (Date.now() - askedAt > SAME_WISH_MS) hurry.abort();
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  const parent = process.ppid;
  if (startedByNpm(env)) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      if (!stop.signal.aborted) stop.abort(new StopRequested());
    }, LOOK_EVERY_MS);
    watch.unref();
  }
  return { stop: stop.signal, hurry: hurry.signal };
}

/** The reason of everything that is given up because the user wants to stop. */
export class StopRequested extends Error {
  constructor() {
    super('asked to stop');
    this.name = 'StopRequested';
  }
}
