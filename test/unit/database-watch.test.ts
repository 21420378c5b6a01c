import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DatabaseWatch, type News } from '../../agent/apple-db/watch.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A watch on a file, with the times at which it asked for news; `news` is what it is answered. */
function setup({ slowestMs = 500 } = {}) {
  const databasePath = path.join(tempFolder(), 'chat.db');
  writeFileSync(databasePath, '');
  writeFileSync(`${databasePath}-wal`, '');
  const clock = new ManualClock();
  let back = 0;
  const told: Clock = {
    now: () => clock.now() - back,
    after: (ms, fn) => clock.after(ms, fn),
    every: (ms, fn) => clock.every(ms, fn),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
  const trouble: unknown[] = [];
  const watch = new DatabaseWatch({
    databasePath,
    clock: told,
    slowestMs,
    onTrouble: (error) => trouble.push(error),
  });
  const asked: number[] = [];
  const world = {
    asked,
    clock,
    databasePath,
    news: undefined as News,
    due: Infinity,
    eager: false,
    found: 0,
    turnBack: (ms: number): void => {
      back += ms;
    },
    /** How often it asked in so long. */
    async askedIn(ms: number): Promise<number> {
      const before = asked.length;
      await clock.advance(ms);
      return asked.length - before;
    },
  };
  const stop = new AbortController();
  const waiting = (async () => {
    while (!stop.signal.aborted) {
      await watch.wait({
        news: () => {
          asked.push(clock.now());
          return world.news;
        },
        due: () => world.due,
        eager: () => world.eager,
        signal: stop.signal,
      });
      if (!stop.signal.aborted) world.found += 1;
      world.news = undefined;
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await waiting;
    await watch.renew();
    expect(trouble).toEqual([]);
  });
  return world;
}

test('while nothing happens it asks twice a second, and no more', async () => {
  const world = setup();
  await world.clock.advance(MINUTE_MS);
  expect(await world.askedIn(HOUR_MS)).toBeLessThanOrEqual(7_201);
  expect(world.found).toBe(0);
});

test('it slows down step by step after a sign, from milliseconds on', async () => {
  const world = setup();
  expect(await world.askedIn(60)).toBeGreaterThan(20);
  expect(await world.askedIn(1_000)).toBeGreaterThan(20);
  expect(await world.askedIn(9_000)).toBeLessThan(60);
});

test.for(['', '-wal'])('a change of chat.db%s brings a question at once, after an hour too', async (end) => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  const before = world.asked.length;
  world.news = 'commit';
  // Until the watch stands, which nothing tells, a change may go unseen: the next one is not.
  await eventually(() => {
    appendFileSync(`${world.databasePath}${end}`, 'x');
    return world.found === 1;
  });
  expect(world.asked.length).toBeGreaterThan(before);
  expect(world.asked.at(-1), 'no timer was needed').toBe(world.clock.now());
});

test('what falls due is looked at then, although nothing happened for an hour', async () => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  world.due = world.clock.now() + 733;
  await world.clock.advance(800);
  expect(world.asked).toContain(world.due);
});

test('while something is about to come it asks every few milliseconds', async () => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  world.eager = true;
  expect(await world.askedIn(1_000)).toBeGreaterThan(150);
});

test('a commit that no event told of makes it ask often for ten minutes', async () => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  world.news = 'commit';
  await world.clock.advance(500);
  expect(world.found).toBe(1);
  await world.clock.advance(10_000);
  expect(await world.askedIn(MINUTE_MS)).toBeGreaterThanOrEqual(MINUTE_MS / 50);
  await world.clock.advance(10 * MINUTE_MS);
  expect(await world.askedIn(MINUTE_MS)).toBeLessThanOrEqual(121);
});

test('a commit whose event came a little later does not', async () => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  world.news = 'commit';
  while (world.found === 0) await world.clock.advance(1);
  const before = world.asked.length;
  await eventually(() => {
    appendFileSync(`${world.databasePath}-wal`, 'x');
    return world.asked.length > before;
  });
  await world.clock.advance(10_000);
  expect(await world.askedIn(MINUTE_MS)).toBeLessThanOrEqual(121);
});

test('a clock that is put back does not make it ask without end', async () => {
  const world = setup();
  await world.clock.advance(HOUR_MS);
  world.turnBack(5 * HOUR_MS);
  await world.clock.advance(20_000);
  expect(await world.askedIn(MINUTE_MS)).toBeLessThanOrEqual(121);
});
