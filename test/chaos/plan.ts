import { Random } from '../../agent/virtual-mac/days/random.ts';
import { drawFault } from './draw-fault.ts';
import { killsAtSteps } from './steps.ts';

export type Program = 'bridge' | 'agent' | 'virtual-mac';
/** Who speaks on the link. */
export type Side = 'agent' | 'bridge';
/** What has one clock, and a disk: the Mac with its agent, and the machine of the bridge. */
export type Machine = 'mac' | 'bridge';

/** One request of the API client; times in milliseconds from the beginning of the burst. */
export interface PlannedSend {
  at: number;
  to: string;
  text: string;
  /** Its Idempotency-Key, the same in every attempt. */
  key: string;
  /** The client gives up its first attempt after so many milliseconds, and asks again. */
  hastyMs?: number;
  /** Equal requests made at once. */
  copies: number;
}

export interface PlannedReceive {
  at: number;
  from: string;
  text: string;
}

/**
 * The moment at which a program is killed: a time; a line of a program's log; a frame on the link; a webhook request; a
 * file of an act; a state that a row of chat.db reaches. `nth` counts from 1, and from the beginning of the burst.
 */
export type Moment =
  | { at: number }
  | { log: string; of: Program; nth: number }
  | { frame: string; from: Side; nth: number; when: 'before' | 'after' }
  | { webhook: number }
  | { act: 'started' | 'result'; nth: number }
  | { row: 'written' | 'joined' | 'sent' | 'delivered' | 'read' | 'failed' | 'received'; nth: number };

/** What can be killed; the workers are those of acts, with their osascript. */
export type Victim = Program | 'workers';

interface Kill {
  kind: 'kill';
  program: Victim;
  moment: Moment;
  downMs: number;
  workersToo?: true;
  /** Where the moment is a step that must be met, its name. */
  label?: string;
  /** Faults without which the step may not come. */
  needs?: readonly Fault[];
}

export type Fault =
  | Kill
  /** Asked to stop, as by a supervisor, and started again. */
  | { kind: 'restart'; at: number; program: Program }
  | { kind: 'cut'; at: number }
  | { kind: 'delay'; at: number; ms: number; forMs: number }
  /** Nothing passes any more and nobody is told; then all that was held passes, or the connections end. */
  | { kind: 'half-open'; at: number; forMs: number; deaf: Side | 'both'; ends: 'healed' | 'cut' }
  /** The next events, commands and acknowledgements of a side come twice. */
  | { kind: 'duplicate'; at: number; from: Side; frames: number }
  /** osascript hangs until the virtual Mac dies, or until the deadline of its act. */
  | { kind: 'hang'; at: number; point: 'send' | 'sent'; killedAfterMs: number | null }
  | { kind: 'apple-error'; at: number; point: 'send' | 'participant' | 'sent'; number: number }
  | { kind: 'not-running'; at: number; times: number }
  | { kind: 'ghost-row'; at: number }
  | { kind: 'late-join'; at: number; ms: number }
  /** The webhook answers wrongly, to each event at most once. */
  | { kind: 'webhook'; at: number; forMs: number; answer: 500 | 503 | 'cut' | 'hang' }
  /** The clock of a machine goes forward, or back, at once. */
  | { kind: 'clock'; at: number; machine: Machine; byMs: number }
  /** The disk of the agent, or of the bridge, takes no more. */
  | { kind: 'disk'; at: number; forMs: number; machine: Machine };

/** All that is going to be done in one run; drawn from its seed alone. */
export interface Plan {
  seed: number;
  burstMs: number;
  macos: string;
  /** Whether the line is paced, by a pace that a run can wait for. */
  paced: boolean;
  sends: readonly PlannedSend[];
  receives: readonly PlannedReceive[];
  faults: readonly Fault[];
}

/** Persons of the virtual Mac, each as often as it is drawn. */
const recipients = [
  '+14155550101',
  '+14155550101',
  '+14155550101',
  '+14155550102',
  '+14155550102',
  '+14155550102',
  '+14155550103',
  '+14155550103',
  '+14155550104',
  '+14155550105',
  '+14155550106',
] as const;

const endings = [
  '',
  ' \u{1f469}\u{200d}\u{1f680}',
  '\nsecond line',
  ` ${'long '.repeat(60)}end`,
  ' "quoted" \\ %s',
] as const;

/** What one run does. Texts are unique in it, so that a row tells which request it belongs to. */
export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const burstMs = random.between(4_000, 9_000);
  const sends = Array.from({ length: random.between(6, 12) }, (_, i) =>
    plannedSend(random, seed, i, burstMs),
  );
  const receives = Array.from({ length: random.between(4, 10) }, (_, i) => ({
    at: random.between(0, burstMs),
    from: `+1415555014${random.between(0, 3)}`,
    text: `seed ${seed} from a person ${i}${random.pick(endings)}`,
  }));
  const drawn = Array.from({ length: random.between(2, 5) }, () => drawFault(random, burstMs));
  const macos = random.pick(['12', '14', '15', '26', '26', '26', '27']);
  const faults = withinBounds([...killsAtSteps(seed, random), ...drawn]);
  return { seed, burstMs, macos, paced: random.chance(0.15), sends, receives, faults };
}

function plannedSend(random: Random, seed: number, i: number, burstMs: number): PlannedSend {
  return {
    // The first ones come early, so that steps of a message are there to be met.
    at: i < 3 ? 50 + 300 * i : random.between(0, burstMs),
    to: i < 3 ? recipients[0] : random.pick(recipients),
    text: `seed ${seed} request ${i}${random.pick(endings)}`,
    key: `chaos-${seed}-${i}`,
    ...(random.chance(0.25) ? { hastyMs: random.between(1, 40) } : {}),
    copies: random.chance(0.2) ? random.between(2, 5) : 1,
  };
}

/** Each machine has at most one full disk, and the bridge's clock stays within the day for which it keeps keys. */
function withinBounds(faults: readonly Fault[]): Fault[] {
  const full = new Set<Machine>();
  let jumps = 0;
  return faults.filter((fault) => {
    if (fault.kind === 'clock' && fault.machine === 'bridge') {
      jumps += 1;
      return jumps === 1;
    }
    if (fault.kind !== 'disk') return true;
    if (full.has(fault.machine)) return false;
    full.add(fault.machine);
    return true;
  });
}
