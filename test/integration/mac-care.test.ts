import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Capability } from '../../agent/mac/capabilities.ts';
import { openMacCare } from '../../agent/mac/care.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { causeFault, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');

test('what a Mac can do is told when it changes, and refused before anything happens where it cannot', async () => {
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

  await eventually(() => told.length === 1);
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
});
