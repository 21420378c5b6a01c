import { expect, test } from 'vitest';
import type { Permission } from '../../agent/mac/permissions.ts';
import type { RecoveryStep } from '../../agent/mac/recovery-states.ts';
import { troubledMac } from '../../agent/mac/troubled-mac.ts';
import type { Act } from '../../agent/mac/types.ts';
import type { MessageErrorCode } from '../../bridge/protocol/errors.ts';
import { TestMac } from '../support/outbox-world.ts';

const TEXT: Act = { kind: 'send_text', handle: '+14155550101', text: 'x' };
const granted: Permission = { component: 'automation_messages', status: 'granted', detail: '', fix: '' };

async function sights(act: Act, code: MessageErrorCode, permissions: Permission[] = [granted]) {
  const mac = new TestMac();
  const trouble: string[] = [];
  const troubled = troubledMac({
    mac,
    capabilities: { permissions: () => permissions },
    recovery: { trouble: (sight) => trouble.push(sight), step: () => 'well' },
  });
  const outcome = troubled.perform('act_1', act);
  await mac.end({ outcome: 'not_started', error: { code, message: '' } });
  expect(await outcome).toMatchObject({ outcome: 'not_started', error: { code } });
  return trouble;
}

test('an act that finds Messages gone or silent calls for help, where it may be asked', async () => {
  expect(await sights(TEXT, 'messages_not_running')).toEqual(['not_running']);
  expect(await sights(TEXT, 'act_timed_out')).toEqual(['silent']);
  expect(await sights(TEXT, 'screen_locked')).toEqual([]);
  expect(await sights(TEXT, 'act_timed_out', [])).toEqual([]);
});

test('a FaceTime that does not answer is no reason to end Messages', async () => {
  const place: Act = { kind: 'place_call', handle: '+14155550101', medium: 'audio' };
  for (const act of [place, { kind: 'end_call' }, { kind: 'look_at_call' }] as const)
    expect(await sights(act, 'act_timed_out')).toEqual([]);
});

test('while Messages is brought back no act begins but those of calls; when only a person can help, they are tried', async () => {
  const mac = new TestMac();
  let step: RecoveryStep = 'quit';
  const troubled = troubledMac({
    mac,
    capabilities: { permissions: () => [granted] },
    recovery: { trouble: () => undefined, step: () => step },
  });
  expect(await troubled.perform('act_1', TEXT)).toMatchObject({
    outcome: 'not_started',
    error: { code: 'messages_not_running' },
  });
  expect(mac.acts).toEqual([]);
  const call = troubled.perform('act_2', { kind: 'end_call' });
  await mac.end();
  expect(await call).toEqual({ outcome: 'handed_over' });
  for (const next of ['person', 'well'] as const) {
    step = next;
    const act = troubled.perform('act_3', TEXT);
    await mac.end();
    expect(await act).toEqual({ outcome: 'handed_over' });
  }
});
