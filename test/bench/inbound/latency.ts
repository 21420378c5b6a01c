import { setTimeout as sleep } from 'node:timers/promises';
import { apart } from './apart.ts';
import { type Latency, latencyOf } from './figures.ts';
import { reply, startChild, type WatcherReply } from './messages.ts';
import { monotonicMs } from './monotonic.ts';
import { startAgent, type World } from './world.ts';

/** When the join of a row follows, in milliseconds; 0 in the same transaction. */
export const joins = [0, 30, 300] as const;

/** A message that was not heard so long after its last commit is counted as not heard, in milliseconds. */
const DEAF_MS = 3_000;
/** Messages that are written after -wal was swapped. */
const AFTER_SWAP = 5;

/** Something that hears messages: it calls `onHeard` with the text or the guid of each. */
export interface Watcher {
  pid: number;
  onHeard: (what: string, at: number) => void;
  stop(): Promise<void>;
}

export interface Measured {
  /** Whether the watcher had a processor of its own. */
  apart: boolean;
  /** By the delay of the join. */
  latency: Record<string, Latency | null>;
  /** Messages that were never heard. */
  lost: number;
  heardAfterSwap: string;
}

/** The agent of BlueRelay; heard is what arrived over the link at the bridge's end. */
export async function agentWatcher(world: World): Promise<Watcher> {
  const agent = await startAgent(world);
  const watcher: Watcher = { pid: agent.pid, onHeard: () => undefined, stop: () => agent.stop() };
  agent.bridge.onEvent = (event) => {
    if (event.type === 'message.received') watcher.onHeard(event.text, monotonicMs());
  };
  const end = monotonicMs() + 20_000;
  while (agent.bridge.connections === 0 && monotonicMs() < end) await sleep(20);
  await sleep(1_000);
  return watcher;
}

/** A watcher that is a program of this folder. Throws when it cannot run here. */
export async function childWatcher(program: string, { databasePath }: World): Promise<Watcher> {
  const child = startChild<object, WatcherReply>(program, [databasePath]);
  const watcher: Watcher = {
    pid: child.process.pid ?? 0,
    onHeard: () => undefined,
    stop: () => child.stop(),
  };
  const first = await reply(child, (given) => 'ready' in given || 'cannot' in given);
  if ('cannot' in first) {
    await child.stop();
    throw new Error(first.cannot);
  }
  child.onReply = (given) => {
    if ('heard' in given) watcher.onHeard(given.heard, given.at);
  };
  await sleep(1_000);
  return watcher;
}

let written = 0;

/** Writes one message and resolves with how long it took to be heard, null when it was not. */
async function sample({ writer }: World, watcher: Watcher, join: number): Promise<number | null> {
  written += 1;
  const text = `message ${written}`;
  const heard = new Map<string, number>();
  watcher.onHeard = (what, at) => void heard.set(what, at);
  const wrote = reply(writer, (given) => given.did === 'write' && given.text === text);
  writer.ask({ do: 'write', text, join });
  const commit = await wrote;
  if (commit.did !== 'write') return null;
  for (;;) {
    const at = heard.get(text) ?? heard.get(commit.guid);
    if (at !== undefined) return Math.max(0, at - commit.at);
    if (monotonicMs() - commit.at > DEAF_MS) return null;
    await sleep(1);
  }
}

/** Lets a watcher hear so many messages of each kind, and then some after -wal was swapped. */
export async function measure(world: World, watcher: Watcher, count: number): Promise<Measured> {
  const others = [process.pid, world.writer.process.pid ?? 0];
  const heard = await apart(watcher.pid, others, () => hear(world, watcher, count));
  return { ...heard.done, apart: heard.apart };
}

async function hear(world: World, watcher: Watcher, count: number): Promise<Omit<Measured, 'apart'>> {
  const latency: Measured['latency'] = {};
  let lost = 0;
  for (const join of joins) {
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const took = await sample(world, watcher, join);
      if (took === null) lost += 1;
      else samples.push(took);
      await sleep(10 + Math.random() * 40);
    }
    latency[join] = latencyOf(samples);
  }
  return { latency, lost, heardAfterSwap: await hearAfterSwap(world, watcher) };
}

async function hearAfterSwap(world: World, watcher: Watcher): Promise<string> {
  const swapped = reply(world.writer, (given) => given.did === 'swap-wal');
  world.writer.ask({ do: 'swap-wal' });
  await swapped;
  let heard = 0;
  for (let index = 0; index < AFTER_SWAP; index += 1)
    if ((await sample(world, watcher, 0)) !== null) heard += 1;
  return `${heard} of ${AFTER_SWAP}`;
}
