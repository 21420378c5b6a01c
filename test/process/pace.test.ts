import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { type AgentHomes, BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

let homes: AgentHomes;

beforeEach(() => {
  const folder = tempFolder();
  homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  makeFolder(homes.home);
});

const json = async (...args: string[]) => JSON.parse((await bluerelay(homes, [...args, '--json'])).stdout);

test('a load is simulated day by day, as numbers and as a plot', async () => {
  const load = path.join(tempFolder(), 'load.csv');
  writeFileSync(
    load,
    'day,time,event,conversation,count,priority\n*,09:00,send,new-{day}-{n},30,bulk\n*,08:00,receive,other-{n},9\n',
  );
  const { days, waiting } = await json(
    'pace',
    'simulate',
    '--days',
    '4',
    '--load',
    load,
    '--from',
    '2026-03-01',
  );
  expect(days.map(({ newConversations }: { newConversations: number }) => newConversations)).toEqual([
    5, 5, 10, 10,
  ]);
  expect(waiting).toBe(4 * 30 - 30);
  const people = await bluerelay(homes, ['pace', 'simulate', '--days', '2', '--load', load]);
  expect(people.stdout).toMatch(/day {2}date +asked[\s\S]* 1 ##+ +\|>[\s\S]*held by new_conversations_day/);
  const bad = await json('pace', 'simulate', '--load', path.join(homes.home, 'none.csv'));
  expect(bad).toMatchObject({ error: { code: 'invalid_option' } });
  writeFileSync(load, 'day,time,event,conversation\n1,25:00,send,a\n');
  expect(await json('pace', 'simulate', '--load', load)).toMatchObject({ error: { code: 'invalid_load' } });
  writeFileSync(load, 'a,b\n');
  expect(await json('pace', 'simulate', '--load', load)).toMatchObject({ error: { code: 'invalid_load' } });
  writeFileSync(path.join(homes.home, 'pacing.json'), '{"gapMs": "fast"}');
  expect(await json('pace', 'simulate', '--load', load)).toMatchObject({ error: { code: 'invalid_pacing' } });
});

test('a simulation begins at the day that the line is at, or at the day that is asked for', async () => {
  const load = path.join(tempFolder(), 'load.csv');
  writeFileSync(load, 'day,time,event,conversation,count\n*,09:00,send,new-{day}-{n},60\n');
  const caps = async (...args: string[]): Promise<number[][]> =>
    (await json('pace', 'simulate', '--days', '3', '--load', load, '--from', '2026-03-10', ...args)).days.map(
      (day: { day: number; dailyCap: number; newConversations: number }) => [
        ...[day.day, day.dailyCap, day.newConversations],
      ],
    );
  const young = [
    [1, 20, 5],
    [2, 20, 5],
    [3, 40, 10],
  ];
  expect(await caps()).toEqual(young);
  const journal = openJournal(path.join(homes.home, 'journal.db'));
  onTestFinished(() => journal.close());
  journal.record({ at: 0, notes: { 'pacing.activatedOn': '2026-03-04' } });
  // While the agent has its journal open, too.
  expect(await caps()).toEqual([
    [7, 60, 15],
    [8, 100, 25],
    [9, 100, 25],
  ]);
  expect(await caps('--from-day', '1')).toEqual(young);
  expect((await caps('--from-day', '22')).map(([day, cap]) => [day, cap])).toEqual([
    [22, 200],
    [23, 200],
    [24, 200],
  ]);
  for (const wrong of ['0', '1.5', 'x'])
    expect(await json('pace', 'simulate', '--load', load, '--from-day', wrong)).toMatchObject({
      error: { code: 'invalid_option' },
    });
});

test('a simulation of very many takes seconds', async () => {
  const load = path.join(tempFolder(), 'load.csv');
  writeFileSync(
    load,
    'day,time,event,conversation,count\n1,09:00,send,new-{n},100000\n*,08:00,receive,other-{n},1000\n',
  );
  const { days, waiting } = await json('pace', 'simulate', '--load', load, '--from-day', '22');
  expect(days).toHaveLength(30);
  expect(waiting).toBe(100_000 - 30 * 50);
});

test('a real line is never unpaced', async () => {
  const wrong = await bluerelay(homes, ['run', '--pacing', 'on']);
  expect(wrong.stderr).toContain('--pacing takes only off');
});

test('a running agent says how its line is paced, and why a command waits', { timeout: 60_000 }, async () => {
  const mac = await startVirtualMac({
    home: homes.mac,
    macos: '26',
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => mac.stop());
  const bridge = await LedgerBridge.start();
  onTestFinished(() => bridge.stop());
  const enrolled = await bluerelay(
    homes,
    ['enrol', ...['--bridge', bridge.url, '--token', '-', '--handle', '+14155550100']],
    'a token of twenty characters\n',
  );
  expect(enrolled.code).toBe(0);
  const curve = [{ fromDay: 1, newConversations: 0, proactive: 7 }];
  writeFileSync(path.join(homes.home, 'pacing.json'), JSON.stringify({ timezone: 'UTC', curve }));
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => {
    await agent.kill();
  });
  await eventually(() => bridge.connections > 0, { what: 'link' });
  bridge.order(sendCommand('cmd_1', { issuedAt: systemClock.now() }));
  await eventually(async () => (await json('outbox', 'list', '--state', 'paced')).length === 1, {
    within: 20_000,
  });
  expect(await json('pace', '--explain', 'cmd_1')).toMatchObject({
    state: 'paced',
    decision: { go: false, rule: 'new_conversations_day', cap: 0, used: 0 },
    ...{ behind: 0, first: null, retryAt: null },
  });
  bridge.order(sendCommand('cmd_2', { issuedAt: systemClock.now() }));
  const next = await eventually(
    async () => {
      const told = await json('pace', '--explain', 'cmd_2');
      return told.state === 'paced' && told;
    },
    { within: 20_000, what: 'the message behind it' },
  );
  expect(next).toMatchObject({ behind: 1, first: { id: 'cmd_1', rule: 'new_conversations_day' } });
  expect((await bluerelay(homes, ['pace', '--explain', 'cmd_2'])).stdout).toMatch(
    /1 before it in its conversation go first, cmd_1 \(paced, held by new_conversations_day until /,
  );
  expect(await json('pace')).toMatchObject({
    off: false,
    timezone: 'UTC',
    warmup: { day: 1, newConversationCap: 0, dailyCap: 7 },
    proactive: 0,
    held: [{ rule: 'new_conversations_day', commands: 2 }],
  });
  const people = await bluerelay(homes, ['pace', '--explain', 'cmd_1']);
  expect(people.stdout).toMatch(/^cmd_1 is paced: new_conversations_day \(0 of 0 used\) holds it until /);
  expect((await bluerelay(homes, ['pace'])).stdout).toContain('0 of 7 proactive');
  expect(await json('pace', '--explain', 'cmd_9')).toMatchObject({ error: { code: 'not_found' } });
  expect(await json('outbox', 'cancel', '--id', 'cmd_1')).toMatchObject({ state: 'cancelled' });
  expect(await json('outbox', 'cancel', '--id', 'cmd_1')).toMatchObject({ error: { code: 'too_late' } });
  await eventually(
    () =>
      bridge.events.some(
        (event) =>
          event.type === 'command.state' && event.commandId === 'cmd_1' && event.state === 'cancelled',
      ),
    { within: 20_000, what: 'the word of it' },
  );
  expect((await json('outbox', 'list')).map(({ id }: { id: string }) => id)).toEqual(['cmd_2']);
  const told = bridge.events.map(({ type }) => type);
  expect(told).toEqual(expect.arrayContaining(['line.state', 'line.limit_reached', 'line.capabilities']));
});
