import { expect, test } from 'vitest';
import { type Lock, Locks } from '../../agent/mac/locks.ts';

/** A task that ends when it is told to. */
function task() {
  let begun = false;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async (): Promise<void> => {
    begun = true;
    await ended;
  };
  return { run, end: () => end(), begun: () => begun };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('tasks that share a lock wait for each other in order, and others do not', async () => {
  const locks = new Locks();
  const needs: Lock[][] = [
    ['messages'],
    ['messages', 'screen'],
    ['facetime', 'screen'],
    ['facetime'],
    ['system-events'],
  ];
  const tasks = needs.map((needed) => ({ needed, ...task() }));
  const runs = tasks.map(({ needed, run }) => locks.run(needed, run));
  await turns();
  expect(tasks.map(({ begun }) => begun())).toEqual([true, false, false, false, true]);
  for (const [index, expected] of [
    [0, [true, true, false, false, true]],
    [1, [true, true, true, false, true]],
    [2, [true, true, true, true, true]],
  ] as const) {
    tasks[index]?.end();
    await turns();
    expect(tasks.map(({ begun }) => begun())).toEqual(expected);
  }
  for (const { end } of tasks) end();
  await Promise.all(runs);
});

test('a task that fails lets the next one begin, and idle waits for all', async () => {
  const locks = new Locks();
  const fails = locks.run(['messages'], () => Promise.reject(new Error('no')));
  const next = locks.run(['messages'], async () => 'yes');
  await expect(fails).rejects.toThrow('no');
  expect(await next).toBe('yes');
  await locks.idle();
});
