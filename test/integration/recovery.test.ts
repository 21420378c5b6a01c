import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMac } from '../../agent/mac/mac.ts';
import { keepAwake, messagesProcess } from '../../agent/mac/messages-process.ts';
import { startRecovery } from '../../agent/mac/recovery.ts';
import type { Sight } from '../../agent/mac/recovery-states.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { type Clock, systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');

/** The clock of the machine, in which waiting is short. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal) };

async function world() {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({ home, macos: '26', clock: systemClock, logger });
  onTestFinished(() => virtualMac.stop());
  const target = { kind: 'virtual', home } as const;
  const acts = path.join(folder, 'acts');
  const mac = openMac({
    actsFolder: acts,
    target,
    allowSending: true,
    clock: systemClock,
    logger,
    deadlineMs: 2_500,
  });
  onTestFinished(() => mac.stop(new AbortController().signal));
  const messages = messagesProcess({ mac, target, clock: systemClock });
  const steps: string[] = [];
  const start = (clock: Clock, lastSignOfLife = () => 0, mayNudge = () => true) => {
    const onStep = (step: string): void => void steps.push(step);
    const recovery = startRecovery({ messages, clock, logger, lastSignOfLife, mayNudge, onStep });
    onTestFinished(() => recovery.stop());
    return recovery;
  };
  const history = () => askVirtualMac(home, { call: 'process-history' });
  const breakMessages = (how: 'term' | 'kill' | 'imagent' | 'gone') =>
    askVirtualMac(home, { call: 'break-messages', how });
  const sends = () => mac.sendText({ actId: `act_${Date.now()}`, handle: '+14155550103', text: 'x' });
  return { acts, home, mac, target, messages, steps, start, history, breakMessages, sends };
}

describe('Messages', () => {
  test.each([
    ['gone', 'not_running', ['open']],
    ['term', 'silent', ['quit', 'term', 'open']],
    ['kill', 'silent', ['quit', 'term', 'kill', 'open']],
    ['imagent', 'silent', ['quit', 'term', 'open', 'killall-imagent']],
  ] as const)(
    'that hangs until %s is brought back, and can be sent by again',
    { timeout: 120_000 },
    async (how, sight, done) => {
      const { start, history, breakMessages, sends, steps } = await world();
      await breakMessages(how);
      expect(await sends()).toMatchObject({ outcome: 'not_started' });
      const recovery = start(hasty);
      recovery.trouble(sight as Exclude<Sight, 'answers'>);
      recovery.trouble(sight as Exclude<Sight, 'answers'>);
      await eventually(() => steps.at(-1) === 'well', { within: 90_000 });
      expect(recovery.step()).toBe('well');
      expect(await history()).toEqual(done);
      expect(await sends()).toEqual({ outcome: 'handed_over' });
    },
  );

  test('is brought back also when it could not be looked at for a while', async () => {
    const { acts, start, breakMessages, sends, steps } = await world();
    await breakMessages('gone');
    let waits = 0;
    const recovery = start({
      ...hasty,
      sleep: (ms, signal) => {
        waits += 1;
        return hasty.sleep(ms, signal);
      },
    });
    rmSync(acts, { recursive: true, force: true });
    writeFileSync(acts, 'no folder, as on a disk that is full');
    recovery.trouble('not_running');
    await eventually(() => waits >= 3, { within: 30_000, what: 'looks that fail' });
    expect(recovery.step()).toBe('open');
    rmSync(acts);
    await eventually(() => steps.at(-1) === 'well', { within: 90_000 });
    expect(await sends()).toEqual({ outcome: 'handed_over' });
  });

  test('is not touched while an act is under way', async () => {
    const { mac, messages, history, breakMessages } = await world();
    await breakMessages('kill');
    const act = mac.sendText({ actId: 'act_1', handle: '+14155550103', text: 'x' });
    const killed = messages.take('kill');
    expect(await Promise.race([act.then(() => 'act'), killed.then(() => 'kill')])).toBe('act');
    await killed;
    expect(await history()).toEqual(['kill']);
  });

  test('that is idle for ten minutes is brought to the front, once in ten minutes, if that is allowed', async () => {
    const { start, history } = await world();
    const clock = new ManualClock();
    let last = clock.now();
    let allowed = false;
    start(
      clock,
      () => last,
      () => allowed,
    );
    await clock.advance(15 * 60_000);
    expect(await history()).toEqual([]);
    allowed = true;
    await clock.advance(60_000);
    await eventually(async () => ((await history()) as string[]).length === 1);
    await clock.advance(9 * 60_000);
    last = clock.now();
    await clock.advance(9 * 60_000);
    expect(await history()).toEqual(['front']);
  });
});

test('the Mac is kept awake until it is let go, and the loss of that is told', async () => {
  const { target, home } = await world();
  let lost = 0;
  const keep = (display = false) =>
    keepAwake(
      target,
      () => {
        lost += 1;
      },
      { display },
    );
  const awake = (options = '-i -m -s'): number[] =>
    execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`${home} -- /usr/bin/caffeinate ${options} -w ${process.pid}`))
      .map((line) => Number.parseInt(line, 10));
  const letGo = keep();
  await eventually(() => awake().length === 1);
  letGo();
  await eventually(() => awake().length === 0);
  expect(lost).toBe(0);
  keep(true);
  const [pid] = await eventually(() => awake('-d -i -m -s').length === 1 && awake('-d -i -m -s'));
  process.kill(pid ?? 0, 'SIGKILL');
  await eventually(() => lost === 1);
});
