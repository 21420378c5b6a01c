import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { Disk, type DiskWay, diskWays } from '../chaos/disk.ts';
import { MachineClock } from '../chaos/machine-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HOUR_MS = 3_600_000;

/** A program that answers each line of its standard input. */
function program(source: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, 'close');
  });
  return {
    pid: child.pid ?? 0,
    async ask(line = ''): Promise<string> {
      child.stdin.write(`${line}\n`);
      const [answer] = await once(lines, 'line');
      return String(answer);
    },
  };
}

test('a clock is set forward and back under a program that runs, and under what that starts', async () => {
  const clock = new MachineClock(tempFolder(), 'mac');
  const asked = program(
    `import { execFileSync } from 'node:child_process';
     import { createInterface } from 'node:readline';
     for await (const line of createInterface({ input: process.stdin })) {
       const child = execFileSync(process.execPath, ['-p', 'Date.now()'], { encoding: 'utf8' });
       console.log(JSON.stringify([Date.now(), new Date().getTime(), Number(child),
         new Date(5).getTime(), new Date() instanceof Date]));
     }`,
    clock.environment,
  );
  const shifts = async (): Promise<number[]> => {
    const before = Date.now();
    const [a, b, c, five, instance] = JSON.parse(await asked.ask()) as [
      number,
      number,
      number,
      number,
      boolean,
    ];
    expect([five, instance]).toEqual([5, true]);
    return [a, b, c].map((time) => Math.round((time - before) / HOUR_MS));
  };
  expect(await shifts()).toEqual([0, 0, 0]);
  clock.jump(5 * HOUR_MS);
  expect(await shifts()).toEqual([5, 5, 5]);
  clock.jump(-7 * HOUR_MS);
  expect(await shifts()).toEqual([-2, -2, -2]);
  clock.catchUp();
  expect(await shifts()).toEqual([5, 5, 5]);
});

test.for<DiskWay>(['own', 'limit'])(
  'a full disk, made by %s, takes nothing from a program until there is room again',
  async (way, { skip }) => {
    skip(!diskWays().includes(way), 'this machine does not allow it');
    const folder = path.join(tempFolder(), 'disk');
    const pids: number[] = [];
    const disk = new Disk(folder, way, () => pids);
    onTestFinished(() => disk.remove(false));
    const writer = program(
      `import { appendFileSync } from 'node:fs';
       import { createInterface } from 'node:readline';
       for await (const line of createInterface({ input: process.stdin })) {
         try {
           appendFileSync(line, 'x'.repeat(10_000));
           console.log('written');
         } catch (error) {
           console.log(error.code);
         }
       }`,
    );
    pids.push(writer.pid);
    const file = path.join(folder, 'file');
    expect(await writer.ask(file)).toBe('written');
    expect(disk.fill()).toBe(true);
    expect(await writer.ask(file)).toBe(way === 'own' ? 'ENOSPC' : 'EFBIG');
    disk.free();
    expect(await writer.ask(file)).toBe('written');
  },
);
