import type { Random } from '../../agent/virtual-mac/days/random.ts';
import type { Fault, Moment, Program, Side, Victim } from './plan.ts';

/** A step of the way of a message at which something is killed, and the faults without which it may not come. */
interface Step {
  label: string;
  program: Victim;
  moment: (nth: number) => Moment;
  /** The step comes so rarely that the first one is taken. */
  rare?: true;
  needs?: readonly Fault[];
}

const cut: Fault = { kind: 'cut', at: 2_000 };
const died = (program: Program): Fault => ({ kind: 'kill', program, moment: { at: 1_500 }, downMs: 100 });

/** Steps in the log of a program at which it dies itself. */
const logged: ReadonlyArray<readonly [Program, line: string, needs?: readonly Fault[]]> = [
  ['agent', 'agent started', [died('agent')]],
  ['agent', 'link open', [cut]],
  ['agent', 'link closed', [cut]],
  ['agent', 'acting'],
  ['agent', 'act ended'],
  ['agent', 'confirmed'],
  ['agent', 'no proof appeared: uncertain', [{ kind: 'apple-error', at: 0, point: 'send', number: -1712 }]],
  ['agent', 'bringing Messages back', [{ kind: 'not-running', at: 200, times: 4 }]],
  ['agent', 'stopping', [{ kind: 'restart', at: 2_000, program: 'agent' }]],
  ['bridge', 'listening', [died('bridge')]],
  ['bridge', 'hello accepted', [cut]],
  ['bridge', 'agent connected', [cut]],
  ['bridge', 'agent disconnected', [cut]],
  ['bridge', 'request'],
  ['bridge', 'webhook'],
  ['bridge', 'stopping', [{ kind: 'restart', at: 2_000, program: 'bridge' }]],
  ['virtual-mac', 'stopping', [{ kind: 'restart', at: 2_000, program: 'virtual-mac' }]],
];

const frames: ReadonlyArray<readonly [Side, type: string]> = [
  ['bridge', 'challenge'],
  ['agent', 'hello'],
  ['bridge', 'welcome'],
  ['agent', 'event'],
  ['bridge', 'ack'],
  ['bridge', 'command'],
  ['agent', 'ack'],
];

/** What a row of chat.db goes through, and whose death there is of interest. */
const rows: ReadonlyArray<
  readonly [Victim, 'written' | 'joined' | 'sent' | 'delivered' | 'read' | 'received']
> = [
  ['virtual-mac', 'written'],
  ['virtual-mac', 'joined'],
  ['virtual-mac', 'sent'],
  ['virtual-mac', 'delivered'],
  ['virtual-mac', 'read'],
  ['virtual-mac', 'received'],
  ['agent', 'written'],
  ['agent', 'received'],
  ['workers', 'written'],
];

const steps: readonly Step[] = [
  ...logged.map(
    ([program, log, needs]): Step => ({
      label: `${program} dies at its log line "${log}"`,
      program,
      moment: (nth) => ({ log, of: program, nth }),
      ...(needs ? { needs, rare: true } : {}),
    }),
  ),
  ...frames.flatMap(([from, type]) =>
    (['before', 'after'] as const).flatMap((when) =>
      (['agent', 'bridge'] as const).map((program): Step => {
        const rare = type === 'hello' || type === 'welcome' || type === 'challenge';
        return {
          label: `${program} dies ${when} ${type} of the ${from}`,
          program,
          moment: (nth) => ({ frame: type, from, nth, when }),
          ...(rare ? { needs: [cut], rare } : {}),
        };
      }),
    ),
  ),
  ...(['agent', 'virtual-mac', 'workers', 'bridge'] as const).map(
    (program): Step => ({
      label: `${program} dies as an act began`,
      program,
      moment: (nth) => ({ act: 'started', nth }),
    }),
  ),
  ...(['agent', 'virtual-mac', 'bridge'] as const).map(
    (program): Step => ({
      label: `${program} dies as an act left its result`,
      program,
      moment: (nth) => ({ act: 'result', nth }),
    }),
  ),
  ...rows.map(
    ([program, row]): Step => ({
      label: `${program} dies at a row that is ${row}`,
      program,
      moment: (nth) => ({ row, nth }),
    }),
  ),
  {
    label: 'bridge dies while a webhook waits for its answer',
    program: 'bridge',
    moment: (nth) => ({ webhook: nth }),
  },
];

/** Every label, in the order in which seeds take them. */
export const labels: readonly string[] = steps.map(({ label }) => label);

/**
 * The kills at two labelled steps of a seed: seeds in a row take the steps in turn, the first round at the first
 * occasion of each, later rounds at any of the first three.
 */
export function killsAtSteps(seed: number, random: Random): Fault[] {
  const half = Math.ceil(steps.length / 2);
  return [seed - 1, seed - 1 + half].map((turn): Fault => {
    const step = steps[turn % steps.length];
    if (!step) throw new RangeError('no step to take');
    const { label, program, moment, rare, needs = [] } = step;
    const nth = rare || seed <= half ? 1 : random.between(1, 3);
    const workersToo = program === 'agent' && random.chance(0.5) ? ({ workersToo: true } as const) : {};
    const downMs = random.between(0, 1_000);
    return { kind: 'kill', program, moment: moment(nth), downMs, label, needs, ...workersToo };
  });
}
