import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LeftDrafts } from '../../agent/mac/left-drafts.ts';
import { openMac } from '../../agent/mac/mac.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { causeFault, receiveText, startVirtualMac, typingIn } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { messageRows } from '../support/message-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const FRIEND = '+14155550103';

test('a text that a killed act left in a field is known to the next agent: it goes out neither with another nor for ever blocks it', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({ home, macos: '15', clock: systemClock, logger: silentLogger });
  onTestFinished(() => virtualMac.stop());
  const actsFolder = path.join(folder, 'acts');
  const open = () => {
    const mac = openMac({
      actsFolder,
      target: { kind: 'virtual', home },
      allowSending: true,
      clock: systemClock,
      logger: silentLogger,
    });
    onTestFinished(() => mac.stop(AbortSignal.abort()));
    return mac;
  };
  const texts = () => messageRows(virtualMac.messagesDb).map(({ text }) => text);
  await receiveText(home, FRIEND, 'hello');
  const { guid } = await eventually(() =>
    messageRows(virtualMac.messagesDb).find((row) => row.chat !== null),
  );
  const reply = (text: string) =>
    ({
      kind: 'reply',
      conversation: { kind: 'direct', identifier: FRIEND },
      target: { guid, part: 0, text: 'hello' },
      text,
    }) as const;

  await causeFault(home, { kind: 'hang', at: 'key' });
  const cut = open().perform('act_1', reply('half of it'));
  await eventually(async () => (await typingIn(home)).includes(FRIEND), { within: 60_000 });
  const { pid } = JSON.parse(readFileSync(path.join(actsFolder, 'act_1.started'), 'utf8')) as { pid: number };
  process.kill(-pid, 'SIGKILL');
  expect(await cut).toMatchObject({ outcome: 'uncertain' });
  await askVirtualMac(home, { call: 'clear-faults' });

  const next = open();
  expect(await next.recover('act_1')).toMatchObject({ outcome: 'uncertain' });
  expect(await next.perform('act_2', reply('whole'))).toEqual({ outcome: 'handed_over' });
  await eventually(() => texts().includes('whole'), { within: 60_000 });
  expect(texts()).toEqual(['hello', 'whole']);
  expect(statSync(path.join(actsFolder, 'left-drafts.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(path.join(actsFolder, 'left-drafts.json'), 'utf8')).not.toContain('whole');
});

test('what is noted of drafts is bounded, forgotten after a day, and nothing where it cannot be read', () => {
  const folder = tempFolder();
  const file = path.join(folder, 'left-drafts.json');
  const at = Date.UTC(2026, 0, 1);
  const drafts = new LeftDrafts(folder, at);
  for (let act = 0; act < 20; act += 1) drafts.add(`act_${act}`, `${act} ${'x'.repeat(500)}`, at);
  expect(drafts.list()).toHaveLength(8);
  expect(readFileSync(file, 'utf8').length).toBeLessThan(2_000);
  drafts.clear('act_19');
  expect(new LeftDrafts(folder, at + 1).list()).toEqual(drafts.list());
  expect(drafts.list()[0]).toMatchObject({ length: 503, start: expect.stringMatching(/^18 x+$/) });
  expect(new LeftDrafts(folder, at + 25 * 3_600_000).list()).toEqual([]);
  for (const damaged of ['', '[{}]', '[', '{}']) {
    writeFileSync(file, damaged);
    expect(new LeftDrafts(folder, at).list()).toEqual([]);
  }
});
