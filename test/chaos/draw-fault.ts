import type { Random } from '../../agent/virtual-mac/days/random.ts';
import type { Fault, Machine, Moment, Program, Side, Victim } from './plan.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Any fault within a burst of `burstMs` milliseconds. */
export function drawFault(random: Random, burstMs: number): Fault {
  const at = random.between(0, burstMs);
  const forMs = random.between(500, 4_000);
  return random.weighted<() => Fault>([
    [4, () => drawKill(random, at)],
    [5, () => drawNarrowKill(random)],
    [1, () => ({ kind: 'restart', at, program: random.pick<Program>(['bridge', 'agent', 'virtual-mac']) })],
    [2, () => ({ kind: 'cut', at })],
    [1, () => ({ kind: 'delay', at, ms: random.between(50, 1_500), forMs })],
    [1, () => drawHalfOpen(random, at, forMs)],
    [2, () => drawRepeat(random, at)],
    [4, () => drawMacFault(random, at)],
    [2, () => ({ kind: 'webhook', at, forMs, answer: random.pick([500, 503, 'cut', 'hang'] as const) })],
    [3, () => drawJump(random, at)],
    [3, () => ({ kind: 'disk', at, forMs, machine: random.pick<Machine>(['mac', 'bridge']) })],
  ])();
}

function drawKill(random: Random, at: number): Fault {
  const program = random.pick(['bridge', 'agent', 'virtual-mac', 'workers'] as const);
  const workersToo = program === 'agent' && random.chance(0.5) ? ({ workersToo: true } as const) : {};
  return { kind: 'kill', program, moment: { at }, downMs: random.between(0, 1_500), ...workersToo };
}

/**
 * Moments in which a promise hangs on what is durable already: one side has just told, or is about to tell, the other
 * what that goes by from then on; or an act may have happened and nobody knows yet.
 */
const narrow: ReadonlyArray<readonly [Victim, (nth: number) => Moment]> = [
  ['bridge', (nth) => ({ frame: 'ack', from: 'bridge', nth, when: 'before' })],
  ['bridge', (nth) => ({ frame: 'ack', from: 'bridge', nth, when: 'after' })],
  ['agent', (nth) => ({ frame: 'ack', from: 'agent', nth, when: 'before' })],
  ['agent', (nth) => ({ frame: 'ack', from: 'agent', nth, when: 'after' })],
  ['bridge', (nth) => ({ webhook: nth })],
  ['bridge', (nth) => ({ webhook: nth })],
  ['agent', (nth) => ({ act: 'started', nth })],
  ['agent', (nth) => ({ row: 'written', nth })],
  ['workers', (nth) => ({ row: 'written', nth })],
];

function drawNarrowKill(random: Random): Fault {
  const [program, moment] = random.pick(narrow);
  const workersToo = program === 'agent' && random.chance(0.7) ? ({ workersToo: true } as const) : {};
  const nth = random.between(1, 5);
  return { kind: 'kill', program, moment: moment(nth), downMs: random.between(0, 1_500), ...workersToo };
}

function drawHalfOpen(random: Random, at: number, forMs: number): Fault {
  const deaf = random.pick<Side | 'both'>(['agent', 'bridge', 'both']);
  return { kind: 'half-open', at, forMs, deaf, ends: random.pick(['healed', 'cut'] as const) };
}

const drawRepeat = (random: Random, at: number): Fault => ({
  kind: 'duplicate',
  at,
  from: random.pick<Side>(['agent', 'bridge']),
  frames: random.between(5, 30),
});

/** By seconds, minutes, hours and days, forward and back; a bridge keeps idempotency keys for a day. */
function drawJump(random: Random, at: number): Fault {
  const machine = random.pick<Machine>(['mac', 'bridge']);
  const sizes = [20_000, 3 * MINUTE_MS, 20 * MINUTE_MS, 2 * HOUR_MS, 9 * HOUR_MS];
  const size = random.pick(machine === 'mac' ? [...sizes, 2 * DAY_MS, 5 * DAY_MS] : sizes);
  return { kind: 'clock', at, machine, byMs: random.chance(0.6) ? size : -size };
}

function drawMacFault(random: Random, at: number): Fault {
  const draw = random.between(1, 6);
  if (draw <= 2) {
    const killedAfterMs = random.chance(0.9) ? random.between(1_000, 5_000) : null;
    return { kind: 'hang', at, point: random.pick(['send', 'sent'] as const), killedAfterMs };
  }
  if (draw === 3) {
    const number = random.pick([-1712, -10000, -1743, -609]);
    return {
      kind: 'apple-error',
      at,
      point: random.pick(['send', 'participant', 'sent'] as const),
      number,
    };
  }
  if (draw === 4) return { kind: 'not-running', at, times: random.between(1, 3) };
  if (draw === 5) return { kind: 'ghost-row', at };
  return { kind: 'late-join', at, ms: random.pick([300, 2_000, 11_000]) };
}
