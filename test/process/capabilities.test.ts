import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readCalibration } from '../../agent/mac/calibration.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { causeFault, receiveText, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { actions } from '../../bridge/protocol/common.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const PERSON = '+14155550103';
/** What no release can do, so that there is nothing to be tried. */
const WITHOUT_WAY = [
  'react_emoji',
  'react_part',
  'rename_group',
  'group_icon',
  'group_members',
  'leave_group',
];

async function world(macos: MacosRelease = '26') {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  const logger = createLogger('test', 'silent');
  const options = { home: homes.mac, macos, clock: systemClock, logger };
  const virtualMac = await startVirtualMac(options);
  onTestFinished(() => virtualMac.stop());
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await bluerelay(homes, args);
    return { code, stderr, lines: stdout.split('\n').filter(Boolean), stdout };
  };
  const sent = () => {
    const db = new Database(virtualMac.messagesDb, { readonly: true });
    const count = db.prepare('SELECT count(*) FROM message WHERE is_from_me = 1').pluck().get();
    db.close();
    return count;
  };
  return { ...homes, run, sent };
}

describe('bluerelay capabilities', () => {
  test('tells every action and permission, asks nobody and sends nothing', async () => {
    const { run, mac, sent } = await world();
    const { code, lines, stderr } = await run('capabilities', '--json');
    expect(code, stderr).toBe(0);
    const told = JSON.parse(lines[0] ?? '');
    expect(told.agent).toBe('not_running');
    expect(stderr).toContain('The agent does not run: permissions are those of this program');
    expect(told.macos).toBe('26.4');
    expect(told.actions.map(({ action }: { action: string }) => action)).toEqual(actions);
    expect(told.permissions).toHaveLength(8);
    expect(await askVirtualMac(mac, { call: 'prompts' })).toBe(0);
    expect(sent()).toBe(0);
  });

  test('shows a person why something cannot be done', async () => {
    const { run, mac } = await world('27');
    await causeFault(mac, { kind: 'no-accessibility' });
    const { code, stdout, stderr } = await run('capabilities');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/react +unavailable +macOS 12-27 .*may not use Accessibility/);
    expect(stdout).toMatch(/send_text +scripting +macOS 12-27/);
    expect(stdout).toMatch(/rename_group +unavailable +macOS none .*only a helper inside Messages/);
  });
});

describe('bluerelay calibrate', () => {
  test('tries what is agreed to, one by one, and keeps the results', { timeout: 180_000 }, async () => {
    const { run, home, mac } = await world();
    await receiveText(mac, PERSON, 'hi');
    const also = ['--also', '+14155550102'];
    const { code, lines, stderr } = await run('calibrate', '--to', PERSON, ...also, '--yes', '--json');
    const told = lines.map((line) => JSON.parse(line));
    expect(told.map(({ action }) => action).sort(), stderr).toEqual([...actions].sort());
    const results = (result: string) =>
      told.filter((one) => one.result === result).map(({ action }) => action);
    const unproven = actions.filter((action) => !results('works').includes(action));
    expect(unproven, stderr).toEqual([
      ...WITHOUT_WAY.slice(0, 2),
      'call_end_audio',
      'call_ring_timeout',
      ...WITHOUT_WAY.slice(2),
    ]);
    expect([results('fails'), code]).toEqual([[], 0]);
    const matrix = JSON.parse((await run('capabilities', '--json')).lines[0] ?? '').actions;
    const reasonOf = (name: string) =>
      matrix.find(({ action }: { action: string }) => action === name).reason;
    for (const { action, why } of told.filter(({ result }) => result === 'skipped'))
      expect(why).toBe(
        action === 'call_ring_timeout'
          ? 'the window did not say that it rings, or somebody answered'
          : reasonOf(action),
      );
    const kept = readCalibration(home);
    for (const { action, result } of told)
      expect(kept[action as keyof typeof kept]?.result).toBe(result === 'skipped' ? undefined : result);
    const after = JSON.parse((await run('capabilities', '--json')).lines[0] ?? '');
    expect(after.actions[0]).toMatchObject({ action: 'send_text', calibrated: 'works', method: 'scripting' });
  });

  test('sends nothing without consent, to nobody without a handle, and nothing that is not named', async () => {
    const { run, sent, home } = await world();
    expect(await run('calibrate', '--to', PERSON)).toMatchObject({ code: 1 });
    expect(await run('calibrate', '--yes')).toMatchObject({ code: 2 });
    expect(await run('calibrate', '--to', 'chat123', '--yes')).toMatchObject({ code: 1 });
    expect(await run('calibrate', '--to', PERSON, '--yes', '--only', 'fly')).toMatchObject({ code: 1 });
    expect(sent()).toBe(0);
    expect(await run('calibrate', '--to', PERSON, '--yes', '--only', 'lookup')).toMatchObject({ code: 0 });
    expect(sent()).toBe(0);
    expect(readCalibration(home)).toEqual({});
  });

  test('holds nothing against this Mac that is not its fault', async () => {
    const { run, home } = await world();
    const args = ['--yes', '--json', '--only', 'send_text,react'];
    const { code, lines } = await run('calibrate', '--to', '+14155550105', ...args);
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { action: 'send_text', result: 'skipped', why: 'recipient_not_imessage' },
      { action: 'react', result: 'skipped', why: 'no text was sent before' },
    ]);
    expect(readCalibration(home)).toEqual({});
  });

  test('keeps what does not work, and the next look says so', async () => {
    const { run, home, mac } = await world();
    await causeFault(mac, { kind: 'nothing', at: 'open', times: 9 });
    const { code } = await run('calibrate', '--to', PERSON, '--yes', '--only', 'call_video');
    expect(code).toBe(3);
    expect(readCalibration(home)).toMatchObject({
      call_video: { result: 'fails', code: 'ui_not_recognised' },
    });
    expect((await run('capabilities')).stdout).toMatch(
      /call_video +unavailable +macOS \S+ +calibrated: fails .*ui_not_recognised/,
    );
  });
});

describe('while the agent runs', () => {
  async function running(macos: MacosRelease) {
    const { run, home, mac, sent } = await world(macos);
    const bridge = await LedgerBridge.start();
    onTestFinished(() => bridge.stop());
    const token = 'a token of twenty characters';
    await run('enrol', '--bridge', bridge.url, '--token', token, '--handle', '+14155550100');
    const agent = new BuiltAgent({ home, mac });
    onTestFinished(() => agent.kill('SIGTERM').then(() => undefined));
    const told = () =>
      bridge.events.flatMap((event) => (event.type === 'line.capabilities' ? [event.actions] : [])).at(-1);
    await eventually(() => told(), { within: 30_000, what: 'the capabilities' });
    const row = (action: string) => told()?.find((one) => one.action === action);
    return { run, home, mac, sent, row };
  }

  test('its capabilities are told, not those of the program that asks', async () => {
    const { home, mac } = await running('26');
    // To this program there is no Mac at all.
    const elsewhere = { home, mac: `${mac}-nowhere` };
    const { code, stdout, stderr } = await bluerelay(elsewhere, ['capabilities', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ agent: 'running', macos: '26.4' });
    const status = (component: string) =>
      told.permissions.find((one: { component: string }) => one.component === component)?.status;
    expect([status('full_disk_access'), status('messages')]).toEqual(['granted', 'granted']);
    await causeFault(mac, { kind: 'screen-locked' });
    const locked = await bluerelay(elsewhere, ['capabilities']);
    expect(locked.stdout).toMatch(/screen +denied +the screen is locked/);
    expect(locked.stdout).toMatch(/react +unavailable .*the screen is locked/);
  });

  test('it is the agent that calibrates, with more people where they agree, and its matrix takes it in', {
    timeout: 180_000,
  }, async () => {
    const { run, home, row } = await running('15');
    expect(row('create_group')).toMatchObject({ calibrated: 'never' });
    const only = ['--only', 'send_text,create_group,send_group,react_emoji', '--yes', '--json'];
    const { code, lines, stderr } = await run('calibrate', '--to', PERSON, '--also', '+14155550102', ...only);
    expect(
      lines.map((line) => JSON.parse(line)),
      stderr,
    ).toEqual([
      { action: 'send_text', result: 'works' },
      { action: 'react_emoji', result: 'skipped', why: expect.stringContaining('no way is known to work') },
      { action: 'create_group', result: 'works' },
      { action: 'send_group', result: 'works' },
    ]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('does not run')]);
    expect(readCalibration(home)).toMatchObject({ create_group: { result: 'works' } });
    await eventually(() => row('create_group')?.calibrated === 'works', { within: 30_000 });
    expect(row('send_group')).toMatchObject({ method: 'scripting', calibrated: 'works' });
    for (const also of ['x', PERSON, '+14155550102,+14155550102'])
      expect(await run('calibrate', '--to', PERSON, '--also', also, '--yes')).toMatchObject({ code: 1 });
  });
});
