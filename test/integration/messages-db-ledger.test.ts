import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dayPlayer, planDay } from '../../agent/virtual-mac/days/days.ts';
import type { LedgerLine } from '../../agent/virtual-mac/days/types.ts';
import { openMessagesStore } from '../../agent/virtual-mac/messages-store.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { eventually } from '../support/eventually.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { compareWithLedger } from '../support/tail-ledger.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

const OPERATIONS = Number(process.env.DAY_OPERATIONS ?? 250);
const DAYS = Number(process.env.DAYS ?? 2);
const SEED = Number(process.env.DAYS_SEED ?? 1);
const PEOPLE = ['+14155550101', '+14155550102', '+14155550103', 'dora@example.com'];

/** Plays a day in its own time and kills the tail now and then; returns what is wrong with what was told. */
async function play(seed: number, release: MacosRelease): Promise<string[]> {
  const home = tempFolder();
  mkdirSync(path.join(home, 'Library', 'Messages'), { recursive: true });
  const clock = new SkippingClock();
  const store = openMessagesStore({ home, macos: release, line: '+14155550100', clock });
  const plan = planDay({ seed, operations: OPERATIONS, release, people: PEOPLE, line: store.line });
  const player = dayPlayer(store, plan);
  const keeper = new Keeper();
  let tail = startTail(store.databasePath, keeper, { clock });
  await eventually(() => keeper.batches > 0);
  const start = clock.now();
  const ledger: LedgerLine[] = [];
  for (let step = player.upcoming; step; step = player.upcoming) {
    clock.skipTo(start + step.at);
    // Every so often the tail looks, or is killed, in the middle of a day.
    if (player.played % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    if (player.played % 41 === 40) {
      await tail.kill();
      tail = startTail(store.databasePath, keeper, { clock });
    }
    ledger.push(...player.next(start));
  }
  let wrong: string[] = ['not compared yet'];
  for (let round = 0; round < 4 && wrong.length > 0; round += 1) {
    clock.skipTo(clock.now() + 30_000);
    const before = keeper.changes.length;
    await eventually(
      () => {
        wrong = compareWithLedger(ledger, keeper.changes);
        return wrong.length === 0;
      },
      { within: 1_500 },
    ).catch(() => keeper.changes.length > before);
  }
  await tail.kill();
  store.close();
  return wrong;
}

describe.each(macosReleases)('random days of macOS %s', (release) => {
  test.each(Array.from({ length: DAYS }, (_, index) => SEED + index))(
    'seed %i is told exactly',
    async (seed) => {
      expect(await play(seed, release)).toEqual([]);
    },
    120_000,
  );
});
