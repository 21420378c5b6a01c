import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { receiveText } from '../../agent/virtual-mac/virtual-mac.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from './api-client.ts';
import { calmMac, FaultMaker } from './faults.ts';
import type { Verdict } from './judge.ts';
import { Ledger } from './ledger.ts';
import { type Plan, type PlannedReceive, type PlannedSend, planOf } from './plan.ts';
import { settled } from './settle.ts';
import { startWorld, type World } from './world.ts';

/** How long requests may go without an answer after the last fault, in milliseconds. */
const ANSWER_WITHIN_MS = 300_000;
/** How long steps that were to be met are waited for when all is asked, in milliseconds. */
const MEET_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 50;
/** Longer than the second pause between attempts at a webhook, in milliseconds. */
const RETRY_AFTER_MS = 6 * 60_000;
/** What those steps need is caused once more after so many looks, and one more text is sent and received. */
const LOOKS_TO_NUDGE = 200;
/** How long a program may take to be up again, on a machine with much else to do. */
const UP_WITHIN_MS = 300_000;

/** What came of one seed. */
export interface RunResult {
  seed: number;
  ms: number;
  /** Empty when the run kept every promise. */
  violations: readonly string[];
  counts: Verdict['counts'];
  kills: number;
  connections: number;
  /** Labels of the steps at which something was to be killed, and of those at which it was. */
  steps: readonly string[];
  met: readonly string[];
  diskFills: number;
  clockJumps: number;
  /** Webhook requests that repeated an event. */
  repeats: number;
  /** Attempts of the API client beyond the first of each request. */
  retries: number;
  plan: Plan;
  diary: readonly string[];
  /** Logs and databases, kept when there are violations. */
  home: string | undefined;
  /** What went wrong, for people; empty when nothing did. */
  description: string;
}

/** Does what the plan of a seed says, with real processes, and compares all sides when it is over. */
export async function runSeed(seed: number): Promise<RunResult> {
  const begun = Date.now();
  const plan = planOf(seed);
  const ledger = new Ledger();
  const world = await startWorld(plan, ledger);
  let keep = true;
  try {
    const met = await burst(world, plan, ledger);
    ledger.note('the burst is over');
    const verdict = await settled(
      {
        api: apiOf(world),
        messagesDb: world.messagesDb,
        passTime: () => world.clocks.bridge.jump(RETRY_AFTER_MS),
      },
      ledger,
    );
    ledger.note('settled');
    const violations = [...verdict.broken, ...verdict.open, ...verdict.untold];
    keep = violations.length > 0;
    const requests = [...ledger.asked.values()];
    const result = {
      seed,
      ms: Date.now() - begun,
      violations,
      counts: verdict.counts,
      kills: Object.values(world.programs).reduce((sum, { kills }) => sum + kills, 0),
      connections: world.proxy.connections,
      steps: plan.faults.flatMap((fault) => ('label' in fault ? [fault.label] : [])),
      met,
      diskFills: ledger.diskFills,
      clockJumps: ledger.clockJumps,
      repeats: ledger.repeats,
      retries: requests.reduce((sum, { send, attempts }) => sum + attempts - send.copies, 0),
      plan,
      diary: ledger.diary,
      home: keep ? world.home : undefined,
    };
    return { ...result, description: keep ? describe(result) : '' };
  } finally {
    await world.stop(keep);
  }
}

const apiOf = ({ bridgeUrl, apiKey }: World): { url: string; key: string } => ({
  url: bridgeUrl,
  key: apiKey,
});

/**
 * All that is asked and all that goes wrong; resolves when everything is right again and every request answered, with
 * the labels of the steps that were met.
 */
async function burst(world: World, plan: Plan, ledger: Ledger): Promise<string[]> {
  const stop = new AbortController();
  const faults = new FaultMaker(world, ledger);
  faults.begin(plan.faults);
  const asks = plan.sends.map(async (send) => {
    await sleep(send.at);
    ledger.ask(send);
    await Promise.all(
      Array.from({ length: send.copies }, () => ask(apiOf(world), send, ledger, stop.signal)),
    );
  });
  const receives = plan.receives.map((receive) => write(world, receive, ledger));
  await Promise.all([sleep(plan.burstMs), ...receives]);
  const late = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS);
  try {
    await Promise.all(asks);
    const more: Promise<void>[] = [];
    await meetSteps(faults, () => {
      const { send, receive } = oneMore(plan.seed, more.length);
      ledger.ask(send);
      more.push(ask(apiOf(world), send, ledger, stop.signal), write(world, receive, ledger));
    });
    await Promise.all(more);
  } finally {
    clearTimeout(late);
    faults.end();
  }
  await calm(world);
  return [...faults.met];
}

/** A text of the API client and one of a person beside those of the plan. */
function oneMore(seed: number, count: number): { send: PlannedSend; receive: PlannedReceive } {
  const [to, from] = ['+14155550101', '+14155550140'];
  const text = `seed ${seed} request after all others ${count}`;
  return {
    send: { at: 0, to, text, key: `chaos-${seed}-more-${count}`, copies: 1 },
    receive: { at: 0, from, text: `seed ${seed} from a person after all others ${count}` },
  };
}

/** Waits for the steps that are still to be met, and brings them about once more from time to time. */
async function meetSteps(faults: FaultMaker, more: () => void): Promise<void> {
  const end = Date.now() + MEET_WITHIN_MS;
  for (let look = 1; !faults.metAll && Date.now() < end; look += 1) {
    if (look % LOOKS_TO_NUDGE === 0) {
      faults.nudge();
      more();
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** A person writes; a virtual Mac that dies meanwhile may have it or not, which chat.db tells. */
async function write({ macHome }: World, { at, from, text }: PlannedReceive, ledger: Ledger): Promise<void> {
  await sleep(at);
  try {
    await receiveText(macHome, from, text);
    ledger.written.push(text);
  } catch (error) {
    ledger.note(`a person could not write: ${error instanceof Error ? error.message : error}`);
  }
}

/** Faults of the virtual Mac that did not happen never will, as soon as it is up. */
function calm({ macHome }: World): Promise<unknown> {
  const done = async (): Promise<true> => {
    await calmMac(macHome);
    return true;
  };
  return eventually(done, { within: UP_WITHIN_MS, every: 200, what: 'a virtual Mac that is up' });
}

/** So much of each log is told. */
const LOG_LINES = 60;
const LOG_LINE_LENGTH = 300;

/** A failed run in words: its seed, its plan, the sides that disagree, and the ends of its logs. */
function describe({
  seed,
  violations,
  plan,
  diary,
  home = '',
}: Pick<RunResult, 'seed' | 'violations' | 'plan' | 'diary' | 'home'>): string {
  const logs = path.join(home, 'logs');
  return [
    `seed ${seed}: ${violations.length} violations`,
    ...violations.map((violation) => `  ${violation}`),
    `plan: ${JSON.stringify(plan)}`,
    'what was done:',
    ...diary.map((line) => `  ${line}`),
    ...readdirSync(logs).flatMap((name) => [
      `the end of ${name}:`,
      ...readFileSync(path.join(logs, name), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(-LOG_LINES)
        .map((line) => `  ${line.slice(0, LOG_LINE_LENGTH)}`),
    ]),
    `logs: ${logs}; databases beside them`,
  ].join('\n');
}
