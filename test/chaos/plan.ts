import { Random } from '../../agent/virtual-mac/days/random.ts';

export type Program = 'bridge' | 'agent' | 'virtual-mac';
/** Who speaks on the link. */
export type Side = 'agent' | 'bridge';

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

/** The moment at which a program is killed: a time, a line of its log, a frame on the link, a webhook request. */
export type Moment =
  | { at: number }
  | { log: string; nth: number }
  | { frame: string; from: Side; nth: number; when: 'before' | 'after' }
  | { webhook: number };

export type Fault =
  | { kind: 'kill'; program: Program; moment: Moment; downMs: number; workersToo?: true }
  /** The act's worker and its osascript die, the agent lives. */
  | { kind: 'kill-workers'; at: number }
  | { kind: 'cut'; at: number }
  | { kind: 'delay'; at: number; ms: number; forMs: number }
  /** Nothing passes any more and nobody is told; then all that was held passes, or the connections end. */
  | { kind: 'half-open'; at: number; forMs: number; deaf: Side | 'both'; ends: 'healed' | 'cut' }
  /** The next frames of a side come twice. */
  | { kind: 'duplicate'; at: number; from: Side; frames: number }
  /** osascript hangs until the virtual Mac dies, or until the deadline of its act. */
  | { kind: 'hang'; at: number; point: 'send' | 'sent'; killedAfterMs: number | null }
  | { kind: 'apple-error'; at: number; point: 'send' | 'participant' | 'sent'; number: number }
  | { kind: 'not-running'; at: number }
  | { kind: 'ghost-row'; at: number }
  | { kind: 'late-join'; at: number; ms: number }
  /** The webhook answers wrongly, to each event at most once. */
  | { kind: 'webhook'; at: number; forMs: number; answer: 500 | 503 | 'cut' | 'hang' };

/** All that is going to be done in one run; drawn from its seed alone. */
export interface Plan {
  seed: number;
  burstMs: number;
  macos: string;
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

const logLabels = ['acting', 'act ended', 'confirmed', 'link open', 'agent started'] as const;

/** What one run does. Texts are unique in it, so that a row tells which request it belongs to. */
export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const burstMs = random.between(5_000, 10_000);
  const sends = Array.from({ length: random.between(8, 16) }, (_, i) =>
    plannedSend(random, seed, i, burstMs),
  );
  const receives = Array.from({ length: random.between(4, 10) }, (_, i) => ({
    at: random.between(0, burstMs),
    from: `+1415555014${random.between(0, 3)}`,
    text: `seed ${seed} from a person ${i}${random.pick(endings)}`,
  }));
  const faults = Array.from({ length: random.between(3, 7) }, () => plannedFault(random, burstMs));
  const macos = random.pick(['12', '14', '15', '26', '26', '26', '27']);
  return { seed, burstMs, macos, sends, receives, faults };
}

function plannedSend(random: Random, seed: number, i: number, burstMs: number): PlannedSend {
  return {
    at: random.between(0, burstMs),
    to: random.pick(recipients),
    text: `seed ${seed} request ${i}${random.pick(endings)}`,
    key: `chaos-${seed}-${i}`,
    ...(random.chance(0.25) ? { hastyMs: random.between(1, 40) } : {}),
    copies: random.chance(0.2) ? random.between(2, 5) : 1,
  };
}

function plannedFault(random: Random, burstMs: number): Fault {
  const at = random.between(0, burstMs);
  const forMs = random.between(500, 4_000);
  const draw = random.between(1, 20);
  if (draw <= 8) return plannedKill(random, at);
  if (draw === 9) return { kind: 'kill-workers', at };
  if (draw <= 11) return { kind: 'cut', at };
  if (draw === 12) return { kind: 'delay', at, ms: random.between(50, 1_500), forMs };
  if (draw === 13) {
    const deaf = random.pick<Side | 'both'>(['agent', 'bridge', 'both']);
    return { kind: 'half-open', at, forMs, deaf, ends: random.pick(['healed', 'cut']) };
  }
  if (draw === 14)
    return { kind: 'duplicate', at, from: random.pick(['agent', 'bridge']), frames: random.between(1, 6) };
  if (draw <= 18) return plannedMacFault(random, at);
  return {
    kind: 'webhook',
    at,
    forMs,
    answer: random.pick<500 | 503 | 'cut' | 'hang'>([500, 503, 'cut', 'hang']),
  };
}

function plannedMacFault(random: Random, at: number): Fault {
  const draw = random.between(1, 6);
  if (draw <= 2) {
    const killedAfterMs = random.chance(0.9) ? random.between(1_000, 5_000) : null;
    return { kind: 'hang', at, point: random.pick(['send', 'sent']), killedAfterMs };
  }
  if (draw === 3) {
    const number = random.pick([-1712, -10000, -1743, -609]);
    return { kind: 'apple-error', at, point: random.pick(['send', 'participant', 'sent']), number };
  }
  if (draw === 4) return { kind: 'not-running', at };
  if (draw === 5) return { kind: 'ghost-row', at };
  return { kind: 'late-join', at, ms: random.pick([300, 2_000, 11_000]) };
}

function plannedKill(random: Random, at: number): Fault {
  const downMs = random.between(0, 1_500);
  const draw = random.between(1, 10);
  if (draw <= 5) {
    const program = random.pick<Program>(['bridge', 'agent', 'virtual-mac']);
    const workersToo = program === 'agent' && random.chance(0.5) ? ({ workersToo: true } as const) : {};
    return { kind: 'kill', program, moment: { at }, downMs, ...workersToo };
  }
  if (draw <= 7) {
    const workersToo = random.chance(0.5) ? ({ workersToo: true } as const) : {};
    const moment = { log: random.pick(logLabels), nth: random.between(1, 6) };
    return { kind: 'kill', program: 'agent', moment, downMs, ...workersToo };
  }
  if (draw === 8)
    return { kind: 'kill', program: 'bridge', moment: { webhook: random.between(1, 12) }, downMs };
  const from = random.pick<Side>(['agent', 'bridge']);
  const frame =
    from === 'agent' ? random.pick(['event', 'ack', 'hello']) : random.pick(['command', 'ack', 'welcome']);
  const nth = frame === 'hello' || frame === 'welcome' ? random.between(1, 2) : random.between(1, 12);
  const moment = { frame, from, nth, when: random.pick<'before' | 'after'>(['before', 'after']) };
  return { kind: 'kill', program: random.pick(['agent', 'bridge']), moment, downMs };
}
