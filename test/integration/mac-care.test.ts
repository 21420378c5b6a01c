import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Capability } from '../../agent/mac/capabilities.ts';
import { openMacCare } from '../../agent/mac/care.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { causeFault, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { type Clock, systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');

test('what a Mac can do is told when it changes, and refused before anything happens where it cannot', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const [home, macHome] = [path.join(folder, 'agent'), path.join(folder, 'mac')];
  const virtualMac = await startVirtualMac({ home: macHome, macos: '26', clock: systemClock, logger });
  onTestFinished(() => virtualMac.stop());
  const told: Array<readonly Capability[]> = [];
  const care = openMacCare({
    home,
    macHome,
    target: { kind: 'virtual', home: macHome },
    allowSending: true,
    clock: systemClock,
    logger,
    onCapabilities: (all) => told.push(all),
  });
  onTestFinished(() => care.stop(new AbortController().signal));
  const methodOf = (action: string) => told.at(-1)?.find((row) => row.action === action)?.method;

  await eventually(() => told.length === 1, { within: 60_000 });
  expect([methodOf('call_audio'), methodOf('send_text')]).toEqual(['ui', 'scripting']);
  await care.capabilities.refresh();
  expect(told).toHaveLength(1);

  await causeFault(macHome, { kind: 'no-accessibility' });
  await care.capabilities.refresh();
  expect(told).toHaveLength(2);
  expect([methodOf('call_audio'), methodOf('send_text')]).toEqual(['unavailable', 'scripting']);
  const before = readdirSync(path.join(home, 'acts'));
  const call = { kind: 'place_call', handle: '+14155550103', medium: 'audio' } as const;
  const refused = await care.mac.perform('act_1', call);
  expect(refused).toMatchObject({ outcome: 'not_started', error: { code: 'action_unavailable' } });
  expect('error' in refused && refused.error.message).toContain('may not use Accessibility');
  expect(readdirSync(path.join(home, 'acts'))).toEqual(before);
  const text = { kind: 'send_text', handle: '+14155550103', text: 'x' } as const;
  expect(await care.mac.perform('act_2', text)).toEqual({ outcome: 'handed_over' });

  await askVirtualMac(macHome, { call: 'clear-faults' });
  await care.capabilities.refresh();
  expect(told).toHaveLength(3);
  expect(care.capabilities.whyNot(call)).toBeUndefined();

  await causeFault(macHome, { kind: 'screen-locked' });
  expect(await care.mac.perform('act_3', call)).toMatchObject({ error: { code: 'screen_locked' } });
  await eventually(() => methodOf('call_audio') === 'unavailable', { within: 60_000 });
  expect(told).toHaveLength(4);
  expect(told.at(-1)?.find(({ action }) => action === 'react')?.reason).toContain('the screen is locked');

  await askVirtualMac(macHome, { call: 'clear-faults' });
  await causeFault(macHome, { kind: 'no-full-keyboard-access' });
  await care.capabilities.refresh();
  await eventually(() => methodOf('react') === 'ui', { within: 60_000 });
  expect([methodOf('call_audio'), methodOf('call_end')]).toEqual(['unavailable', 'ui']);
  const hidden = await care.mac.perform('act_hidden', call);
  expect(hidden).toMatchObject({ outcome: 'not_started', error: { code: 'action_unavailable' } });
  expect('error' in hidden && hidden.error.message).toContain('Full Keyboard Access is off');

  await askVirtualMac(macHome, { call: 'clear-faults' });
  await causeFault(macHome, { kind: 'other-language' });
  await care.capabilities.refresh();
  await eventually(() => methodOf('reply') === 'ui', { within: 60_000 });
  expect([methodOf('call_audio'), methodOf('react')]).toEqual(['unavailable', 'unavailable']);
  const unread = await care.mac.perform('act_4', call);
  expect(unread).toMatchObject({ outcome: 'not_started', error: { code: 'action_unavailable' } });
  expect('error' in unread && unread.error.message).toContain('this Mac speaks qaa');
});

test('a screen that is locked and unlocked is noticed without an act, and Messages is not asked for it', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const [home, macHome] = [path.join(folder, 'agent'), path.join(folder, 'mac')];
  const virtualMac = await startVirtualMac({ home: macHome, macos: '15', clock: systemClock, logger });
  onTestFinished(() => virtualMac.stop());
  const hurried: Clock = {
    now: () => systemClock.now(),
    after: (ms, fn, options) => systemClock.after(ms, fn, options),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    every: (ms, fn, options) => systemClock.every(ms / 30, fn, options),
  };
  let told: readonly Capability[] = [];
  const care = openMacCare({
    home,
    macHome,
    target: { kind: 'virtual', home: macHome },
    allowSending: true,
    clock: hurried,
    logger,
    onCapabilities: (all) => {
      told = all;
    },
  });
  onTestFinished(() => care.stop(new AbortController().signal));
  const method = () => told.find(({ action }) => action === 'edit')?.method;
  await eventually(() => method() === 'ui', { within: 60_000 });
  await causeFault(macHome, { kind: 'screen-locked' });
  await eventually(() => method() === 'unavailable', { within: 60_000 });
  await askVirtualMac(macHome, { call: 'clear-faults' });
  await eventually(() => method() === 'ui', { within: 60_000 });
});
