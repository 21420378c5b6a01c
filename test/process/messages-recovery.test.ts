import { execFileSync } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { enrolledMac } from '../support/enrolled-mac.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { messageRows } from '../support/message-rows.ts';

const HER = '+14155550103';

async function world() {
  const { homes, mac, bridge } = await enrolledMac();
  const agent = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => {
    await agent.kill();
  });
  const isLooked = () => bridge.events.some(({ type }) => type === 'line.capabilities');
  await eventually(isLooked, { within: 120_000, what: 'the first look at the Mac' });
  const recovery = async (): Promise<string> =>
    JSON.parse((await bluerelay(homes, ['status', '--json'])).stdout).mac.recovery;
  return {
    agent,
    homes,
    recovery,
    rows: (text: string) => messageRows(mac.messagesDb).filter((row) => row.text === text),
    history: () => askVirtualMac(homes.mac, { call: 'process-history' }) as Promise<string[]>,
    order: (id: string) => bridge.order(sendCommand(id, { to: HER })),
    done: async (id: string, within: number) => {
      await eventually(() => bridge.statesOf(id).includes('done'), { within, what: `the end of ${id}` });
      expect(bridge.statesOf(id)).not.toContain('uncertain');
    },
  };
}

describe('a command while Messages', () => {
  test('is gone: it is opened, and the command goes out once', { timeout: 240_000 }, async () => {
    const { homes, order, done, rows, history, recovery } = await world();
    await askVirtualMac(homes.mac, { call: 'break-messages', how: 'gone' });
    order('cmd_1');
    await done('cmd_1', 180_000);
    expect(rows('text of cmd_1')).toHaveLength(1);
    expect(await history()).toEqual(['open']);
    await eventually(async () => (await recovery()) === 'well', { within: 90_000, what: 'the end of it' });
    order('cmd_2');
    await done('cmd_2', 120_000);
    expect(rows('text of cmd_2')).toHaveLength(1);
  });

  test('does not answer an Apple event: it is quit and opened, and the command goes out once', {
    timeout: 240_000,
  }, async () => {
    const { homes, order, done, rows, history } = await world();
    await causeFault(homes.mac, { kind: 'error', at: 'accounts', number: -1712 });
    order('cmd_1');
    await done('cmd_1', 180_000);
    expect(rows('text of cmd_1')).toHaveLength(1);
    expect(await history()).toEqual(['quit', 'open']);
  });

  test.skipIf(!whole)(
    'hangs until it is killed: the act waits for its deadline, every step is taken, and the command goes out once',
    { timeout: 660_000 },
    async () => {
      const { homes, order, done, rows, history } = await world();
      await askVirtualMac(homes.mac, { call: 'break-messages', how: 'kill' });
      order('cmd_1');
      await done('cmd_1', 600_000);
      expect(rows('text of cmd_1')).toHaveLength(1);
      expect(await history()).toEqual(['quit', 'term', 'kill', 'open']);
    },
  );
});

test('the Mac is kept awake while the agent runs, and no longer, however the agent ends', {
  timeout: 240_000,
}, async () => {
  const { agent, homes } = await world();
  const awake = (): string[] =>
    execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) =>
        line.includes(`${homes.mac} -- /usr/bin/caffeinate -d -i -m -s -w ${agent.child.pid}`),
      );
  await eventually(() => awake().length === 1, { within: 90_000, what: 'caffeinate' });
  await agent.kill();
  await eventually(() => awake().length === 0, { within: 90_000, what: 'the end of caffeinate' });
});
