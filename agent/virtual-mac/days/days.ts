import type { Clock } from '../../../bridge/runtime/clock.ts';
import type { MacosRelease, MessagesStore } from '../types.ts';
import { call } from './calls.ts';
import { edit, react, unsend } from './changes.ts';
import { away, catchUp, churn, columns, locked, rebuild, walSwap } from './disturbances.ts';
import { Drawing } from './drawing.ts';
import { audio, files, sticker } from './files.ts';
import { change, found } from './groups.ts';
import { adorned, balloon, mention, text, twice } from './incoming.ts';
import { scheduled, self, send } from './outgoing.ts';
import { DayPlayer } from './player.ts';
import { poll } from './polls.ts';
import { Random } from './random.ts';
import { backfill, climb, outage } from './replays.ts';
import { comeBack } from './returns.ts';
import type { DayPlan, LedgerLine } from './types.ts';

/** What can happen in a day. */
const scenes = {
  text: [30, text],
  adorned: [6, adorned],
  mention: [3, mention],
  balloon: [4, balloon],
  poll: [2, poll],
  files: [5, files],
  audio: [1.5, audio],
  sticker: [1.5, sticker],
  send: [22, send],
  scheduled: [2, scheduled],
  self: [3, self],
  react: [10, react],
  edit: [5, edit],
  unsend: [3, unsend],
  found: [1.5, found],
  change: [4, change],
  call: [3, call],
  churn: [3, churn],
  twice: [0.8, twice],
  backfill: [1, backfill],
  climb: [0.5, climb],
  comeBack: [1, comeBack],
  outage: [0.4, outage],
  catchUp: [0.4, catchUp],
  walSwap: [0.6, walSwap],
  rebuild: [0.4, rebuild],
  away: [0.4, away],
  locked: [0.4, locked],
  columns: [0.6, columns],
} as const satisfies Record<string, readonly [weight: number, scene: (day: Drawing) => void]>;

export type SceneName = keyof typeof scenes;

/** Releases before which something does not happen. */
const since: ReadonlyMap<SceneName, MacosRelease> = new Map([
  ['scheduled', '15'],
  ['poll', '26'],
]);

/** Names of all that can happen in a day. */
export const sceneNames = Object.keys(scenes) as SceneName[];

export interface PlanOptions {
  /** A whole number; the same day comes from the same seed. */
  seed: number;
  /** How many operations at least. */
  operations: number;
  /** Whose chat.db it is; what a release does not have does not happen. */
  release: MacosRelease;
  /** Handles of those who write. */
  people: readonly string[];
  /** The own handle. */
  line: string;
  /** What may happen; all of it by default. */
  only?: readonly SceneName[];
}

/**
 * Makes up a day of Messages: what it writes, in which order and when, and what each of it means for whoever watches.
 */
export function planDay(options: PlanOptions): DayPlan {
  const { seed, operations, release, line, only = sceneNames } = options;
  const random = new Random(seed);
  const day = new Drawing({ random, release, line, people: options.people });
  const possible = only
    .filter((name) => day.has(since.get(name) ?? '12'))
    .map((name) => [scenes[name][0], scenes[name][1]] as const);
  while (day.size < operations) {
    day.pass(pauseOf(random));
    random.weighted(possible)(day);
  }
  day.finish();
  return { seed, release, line, operations: day.operations, facts: day.facts };
}

function pauseOf(random: Random): number {
  return random.weighted([
    [40, random.between(0, 5)],
    [30, random.between(30, 200)],
    [22, random.between(300, 2_000)],
    [7, random.between(2_000, 20_000)],
    [1, random.between(60_000, 400_000)],
  ]);
}

export interface PlayOptions {
  clock: Clock;
  /**
   * When the day begins, in milliseconds since the Unix epoch. When left out, each operation happens now, whatever was
   * left out of the pauses before it.
   */
  start?: number;
  /** How many times faster than the plan; 1 by default, Infinity for no pauses at all. */
  speed?: number;
  /** Ends the day early. */
  signal?: AbortSignal;
  /** Told after each operation. */
  onOperation?(played: number, facts: readonly LedgerLine[]): void;
}

/** Plays a day through a store, in its time; returns the ledger: what an honest observer of Messages must tell. */
export async function playDay(
  store: MessagesStore,
  plan: DayPlan,
  options: PlayOptions,
): Promise<LedgerLine[]> {
  const { clock, start, speed = 1, signal, onOperation } = options;
  const player = dayPlayer(store, plan);
  const ledger: LedgerLine[] = [];
  let before = 0;
  for (let step = player.upcoming; step && !signal?.aborted; step = player.upcoming) {
    const pause = (step.at - before) / speed;
    if (pause >= 1) await clock.sleep(pause, signal);
    before = step.at;
    const facts = player.next(start ?? clock.now() - step.at);
    ledger.push(...facts);
    onOperation?.(player.played, facts);
  }
  return ledger;
}

/** Plays a day operation by operation, at the pace of whoever asks for the next. */
export const dayPlayer = (store: MessagesStore, plan: DayPlan): DayPlayer => new DayPlayer(store, plan);
