import { expect, test } from 'vitest';
import { Wakeable } from '../../bridge/runtime/wakeable.ts';

test('rounds never overlap, and waking during a round brings one more', async () => {
  let running = 0;
  let rounds = 0;
  const loop = new Wakeable({
    work: async () => {
      running += 1;
      expect(running).toBe(1);
      rounds += 1;
      await Promise.resolve();
      running -= 1;
    },
    onFailed: (error) => {
      throw error;
    },
  });
  loop.wake();
  loop.wake();
  loop.wake();
  await loop.idle();
  expect(rounds).toBe(2);
});

test('a call of wake in the very turn in which a round ends is not lost', async () => {
  for (let delay = 0; delay < 12; delay += 1) {
    let work = 0;
    let done = 0;
    const loop = new Wakeable({
      work: async () => {
        done = work;
      },
      onFailed: () => undefined,
    });
    loop.wake();
    for (let turn = 0; turn < delay; turn += 1) await Promise.resolve();
    work += 1;
    loop.wake();
    await loop.idle();
    expect(done).toBe(1);
  }
});

test('a failed round is told and the next one comes', async () => {
  const failures: unknown[] = [];
  let rounds = 0;
  const loop = new Wakeable({
    work: async () => {
      rounds += 1;
      if (rounds === 1) throw new Error('first');
    },
    onFailed: (error) => failures.push(error),
  });
  loop.wake();
  await loop.idle();
  loop.wake();
  await loop.idle();
  expect(failures).toEqual([new Error('first')]);
  expect(rounds).toBe(2);
});
