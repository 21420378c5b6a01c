import { expect, onTestFinished, test } from 'vitest';
import { receiveText } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { enrolledMac, ownRowsOf } from '../support/enrolled-mac.ts';
import { eventually } from '../support/eventually.ts';

const PEOPLE = ['+14155550101', '+14155550102', '+14155550103', '+14155550104'];
const ENDS = ['done', 'failed', 'uncertain'];

const pause = (ms: number): Promise<void> => systemClock.sleep(ms);

test('an agent killed again and again sends everything once and tells everything once', {
  timeout: 180_000,
}, async () => {
  const { bridge, homes } = await enrolledMac();
  let agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => {
    await agent.kill();
  });
  await eventually(() => bridge.connections > 0, { what: 'link' });

  const sent: string[] = [];
  const heard: string[] = [];
  for (let round = 1; round <= 7; round += 1) {
    for (const to of PEOPLE) {
      const text = `round ${round} to ${to} 🙂`;
      sent.push(text);
      bridge.order(sendCommand(`cmd_${sent.length}`, { to, text }));
    }
    const inbound = `hello in round ${round}`;
    heard.push(inbound);
    await receiveText(homes.mac, '+14155550102', inbound);
    await pause(100 + Math.random() * 900);
    if (round % 3 === 0) bridge.cut();
    await agent.kill();
    await pause(Math.random() * 200);
    agent = new BuiltAgent(homes, ['--pacing', 'off']);
  }
  const stateOf = (index: number): string | undefined =>
    bridge
      .statesOf(`cmd_${index + 1}`)
      .filter((state) => !state.startsWith('message.'))
      .at(-1);
  await eventually(() => sent.every((_, index) => ENDS.includes(stateOf(index) ?? '')), {
    within: 120_000,
    what: 'end of all commands',
  });
  await eventually(() =>
    heard.every((text) => bridge.events.some((event) => 'text' in event && event.text === text)),
  );

  const rows = ownRowsOf(homes.mac);
  for (const [index, text] of sent.entries()) {
    const copies = rows.filter((row) => row.text === text).length;
    expect(copies, `copies of "${text}", ${stateOf(index)}`).toBeLessThanOrEqual(1);
    if (stateOf(index) === 'done') expect(copies).toBe(1);
    if (stateOf(index) === 'failed') expect(copies).toBe(0);
  }
  // A kill between the mark and the worker's start leaves nothing; none of these people fails.
  expect(sent.filter((_, index) => stateOf(index) === 'failed')).toEqual([]);
  const received = bridge.events.flatMap((event) => (event.type === 'message.received' ? [event.text] : []));
  for (const text of heard) expect(received.filter((other) => other === text)).toHaveLength(1);
  for (let index = 0; index < sent.length; index += 1) {
    const states = bridge.statesOf(`cmd_${index + 1}`);
    const told = states.filter((state) => state.startsWith('message.'));
    expect(new Set(told).size, `${states}`).toBe(told.length);
  }
  // Of one conversation, in the order of asking.
  for (const to of PEOPLE) {
    const texts = rows
      .filter((row) => row.chat?.identifier === to && sent.includes(row.text))
      .map(({ text }) => text);
    expect(texts).toEqual(sent.filter((text) => texts.includes(text)));
  }
});

test('a message to a person who reads is told as sent, delivered and read; one who is not on iMessage as failed', async () => {
  const { bridge, homes } = await enrolledMac();
  const agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => {
    await agent.kill();
  });
  bridge.order(sendCommand('cmd_1', { to: '+14155550102' }));
  bridge.order(sendCommand('cmd_2', { to: '+14155550105' }));
  const read = [
    'queued',
    'acting',
    'confirming',
    'done',
    'message.sent',
    'message.delivered',
    'message.read',
  ];
  await eventually(() => bridge.statesOf('cmd_1').length === read.length, { within: 60_000, what: 'read' });
  expect(bridge.statesOf('cmd_1')).toEqual(read);
  await eventually(() => bridge.statesOf('cmd_2').includes('message.failed'), {
    within: 60_000,
    what: 'failure',
  });
  expect(bridge.events.find((event) => event.type === 'message.failed')).toMatchObject({
    commandId: 'cmd_2',
    error: { code: 'recipient_not_imessage', apple: 22 },
  });
  const status = await bluerelay(homes, ['status', '--json']);
  expect(status.code).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({
    agentId: 'ag_1',
    link: { state: 'open' },
    messages: { state: 'reading', problem: null },
    journal: { state: 'ok', problem: null },
  });
  const listed = await bluerelay(homes, ['outbox', 'list', '--state', 'done', '--json']);
  expect(JSON.parse(listed.stdout).map(({ id }: { id: string }) => id)).toEqual(['cmd_1', 'cmd_2']);
  const wrong = await bluerelay(homes, ['outbox', 'list', '--state', 'lost', '--json']);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'invalid_parameter_value' } });
  const resolved = await bluerelay(homes, ['outbox', 'resolve', '--id', 'cmd_1', '--as', 'sent', '--json']);
  expect(JSON.parse(resolved.stdout)).toMatchObject({ error: { code: 'not_uncertain' } });

  const second = await bluerelay(homes, ['run']);
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain('Another agent runs');

  expect(await agent.kill('SIGTERM')).toBe(0);
  expect((await bluerelay(homes, ['status'])).code).toBe(3);
});
