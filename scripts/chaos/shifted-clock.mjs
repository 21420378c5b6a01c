// Loaded by `node --import` into the programs of a chaos run and into all that they start: shifts their clock by the
// milliseconds in the file that CHAOS_CLOCK names, which may change at any time. Timers go on as they were set, as they
// do when the clock of a machine is set.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const LOOK_EVERY_MS = 10;

const file = process.env.CHAOS_CLOCK ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
let shift = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

function now() {
  const at = performance.now();
  if (at - lookedAt >= LOOK_EVERY_MS) {
    lookedAt = at;
    shift = Number(readFileSync(file, 'utf8'));
  }
  return realNow() + shift;
}

RealDate.now = now;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
});
