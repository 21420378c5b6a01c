import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openCallsDb } from '../../agent/calls-db/calls-db.ts';
import { openMessagesDb } from '../../agent/messages-db/messages-db.ts';
import type { SceneName } from '../../agent/virtual-mac/days/days.ts';
import { Random } from '../../agent/virtual-mac/days/random.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { planPlay, playNext } from '../../agent/virtual-mac/virtual-mac.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import type { Told } from './day-ledger.ts';
import { ManualClock } from './manual-clock.ts';
import { Observer } from './observer.ts';
import { tempFolder } from './temp-folder.ts';

/** An observer that had so long has seen everything that it can see, in milliseconds. */
const SURE_MS = 1_600;
/** Longer pauses are those of a Mac that was off, and its agent with it. */
const OFF_MS = 120_000;
/** How likely an observer that was killed is started again, at each operation. */
const COMES_BACK = [0.5, 0.5, 0.05] as const;
/** Longest time that an observer waits for anything: files that are still coming. */
const LONGEST_HOLD_MS = 80_000;

interface VirtualMacFiles {
  home: string;
  messagesDb: string;
  callHistoryDb: string;
}

/** A virtual Mac in a process of its own. */
export async function startVirtualMacProcess(macos: MacosRelease): Promise<VirtualMacFiles> {
  const home = path.join(tempFolder(), 'mac');
  const child: ChildProcess = spawn(
    process.execPath,
    [builtFile('agent', 'main.js'), 'virtual-mac', 'run', '--home', home, '--macos', macos, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BLUERELAY_LOG: 'error' } },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const ready = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), exited]);
  const line: unknown = ready[0];
  if (!Buffer.isBuffer(line)) throw new Error('the virtual Mac did not start; is the project built?');
  return JSON.parse(line.toString()) as VirtualMacFiles;
}

export interface RandomDayOptions {
  seed: number;
  operations: number;
  macos: MacosRelease;
  only?: readonly SceneName[];
  /** How likely the observer dies at each operation. */
  killed?: number;
}

export interface PlayedDay {
  ledger: LedgerLine[];
  told: Told[];
  /** See `compareWithLedger`. */
  looked: number[];
  operations: number;
  kills: number;
}

/** Plays a random day on a virtual Mac before an observer that may be killed between any two operations. */
export async function playRandomDay(options: RandomDayOptions): Promise<PlayedDay> {
  const { seed, operations, macos, only, killed = 0.04 } = options;
  const files = await startVirtualMacProcess(macos);
  const random = new Random(seed ^ 0x5eed);
  const clock = new ManualClock();
  const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
  const told: Told[] = [];
  const ledger: LedgerLine[] = [];
  const looked: number[] = [];
  let played = 0;
  let kills = 0;
  const note = (change: Told['change']): void => void told.push({ change, played });
  const observers = [
    new Observer((memory) => openMessagesDb({ databasePath: files.messagesDb, memory, clock, logger }), note),
    new Observer((memory) => openCallsDb({ databasePath: files.callHistoryDb, memory, clock, logger }), note),
  ];
  const start = (how?: { loses: boolean }): void => {
    for (const observer of observers) observer.start(how);
  };
  const kill = async (): Promise<void> => {
    for (const observer of observers) await observer.kill();
  };
  /** Whoever is to watch meanwhile is started before. */
  const advance = async (pause: number, watched: boolean): Promise<void> => {
    if (watched && !alive()) start();
    await clock.advance(pause);
  };
  const alive = (): boolean => observers.every((observer) => observer.alive);
  onTestFinished(kill);
  start();
  await clock.advance(SURE_MS);

  const plan = await planPlay(files.home, { seed, operations, start: clock.now(), ...(only && { only }) });
  let readable = true;
  let watched = false;
  let back = 0;
  for (let pause: number | null = plan.pause; pause !== null; ) {
    if (alive() && !watched && (pause > OFF_MS || random.chance(killed))) {
      await kill();
      kills += 1;
      back = random.pick(COMES_BACK);
    }
    await advance(pause, watched);
    if (alive() && readable && pause >= SURE_MS) looked.push(played);
    if (!alive() && random.chance(back)) {
      if (random.chance(0.3)) {
        start({ loses: true });
        await clock.advance(random.pick([0, 1, 600]));
        await kill();
      }
      start();
    }
    played += 1;
    const part = await playNext(files.home, 1);
    ledger.push(...part.facts);
    ({ pause, readable, watched } = part);
  }
  if (!alive()) start();
  await clock.advance(LONGEST_HOLD_MS);
  looked.push(played);
  await kill();
  return { ledger, told, looked, operations: plan.operations, kills };
}
