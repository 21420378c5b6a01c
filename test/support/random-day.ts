import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { ChangeBatch } from '../../agent/messages-db/types.ts';
import type { SceneName } from '../../agent/virtual-mac/days/days.ts';
import { Random } from '../../agent/virtual-mac/days/random.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { planPlay, playNext } from '../../agent/virtual-mac/virtual-mac.ts';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import type { Told } from './day-ledger.ts';
import { ManualClock } from './manual-clock.ts';
import { Keeper, type RunningTail, startTail } from './tail-reader.ts';
import { tempFolder } from './temp-folder.ts';

/** An observer that had so long has seen everything that it can see, in milliseconds. */
const SURE_MS = 1_600;
/** Longer pauses are those of a Mac that was off, and its agent with it. */
const OFF_MS = 120_000;
/** Longest time that an observer waits for anything: files that are still coming. */
const LONGEST_HOLD_MS = 80_000;

class DayKeeper extends Keeper {
  readonly told: Told[] = [];
  played = 0;

  override take(batch: ChangeBatch): void {
    super.take(batch);
    for (const change of batch.changes) this.told.push({ change, played: this.played });
  }
}

/** A virtual Mac in a process of its own. */
export async function startVirtualMacProcess(macos: MacosRelease): Promise<{ home: string; file: string }> {
  const home = path.join(tempFolder(), 'mac');
  const child: ChildProcess = spawn(
    process.execPath,
    [builtFile('agent', 'main.js'), 'virtual-mac', 'run', '--home', home, '--macos', macos, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const ready = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), exited]);
  const line: unknown = ready[0];
  if (!Buffer.isBuffer(line)) throw new Error('the virtual Mac did not start; is the project built?');
  return { home, file: (JSON.parse(line.toString()) as { messagesDb: string }).messagesDb };
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
  const { home, file } = await startVirtualMacProcess(macos);
  const random = new Random(seed ^ 0x5eed);
  const clock = new ManualClock();
  const keeper = new DayKeeper();
  const ledger: LedgerLine[] = [];
  const looked: number[] = [];
  let kills = 0;
  let tail: RunningTail | undefined = startTail(file, keeper, { clock });
  onTestFinished(() => tail?.kill());
  const kill = async (): Promise<void> => {
    await tail?.kill();
    tail = undefined;
    kills += 1;
  };
  await clock.advance(SURE_MS);

  const plan = await planPlay(home, { seed, operations, start: clock.now(), ...(only && { only }) });
  let pause: number | null = 0;
  while (pause !== null) {
    if (tail && (pause > OFF_MS || random.chance(killed))) await kill();
    await clock.advance(pause);
    if (tail && pause >= SURE_MS) looked.push(keeper.played);
    if (!tail && random.chance(0.5)) {
      if (random.chance(0.3)) {
        const losing = startTail(file, keeper, { clock, crashAfter: 1 });
        await clock.advance(random.pick([0, 1, 600]));
        await losing.kill();
      }
      tail = startTail(file, keeper, { clock });
    }
    keeper.played += 1;
    const part = await playNext(home, 1);
    ledger.push(...part.facts);
    pause = part.pause;
  }
  tail ??= startTail(file, keeper, { clock });
  await clock.advance(LONGEST_HOLD_MS);
  looked.push(keeper.played);
  await tail.kill();
  return { ledger, told: keeper.told, looked, operations: plan.operations, kills };
}
