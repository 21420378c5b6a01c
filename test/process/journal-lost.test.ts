import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { receiveText } from '../../agent/virtual-mac/virtual-mac.ts';
import { BuiltAgent } from '../support/built-agent.ts';
import { builtRelay } from '../support/built-relay.ts';
import { eventually } from '../support/eventually.ts';

const HER = '+14155550142';

interface MessageJson {
  text: string;
  status: string;
  uncertain: { since: string; reason: string } | null;
}

test('of a journal that is nothing but noise, nothing is lost and nothing sent twice', {
  timeout: 240_000,
}, async () => {
  const relay = await builtRelay();
  const { homes, ask, cli, ownRows } = relay;
  const journal = path.join(homes.home, 'journal.db');
  writeFileSync(path.join(homes.home, 'pacing.json'), JSON.stringify({ gapMs: 60_000, jitterMs: 0 }));
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => void (await agent.kill()));
  await eventually(async () => (await cli('status')).code === 0, { within: 60_000, what: 'the link' });
  const messages = async (direction: string) =>
    (await ask<{ data: MessageJson[] }>('GET', `/v1/messages?direction=${direction}`)).json.data;
  const texts = async () => (await messages('inbound')).map(({ text }) => text).sort();
  for (const text of ['one', 'two']) await receiveText(homes.mac, HER, text);
  for (const to of ['+14155550101', '+14155550102'])
    await ask('POST', '/v1/messages', { to, text: `to ${to}` });
  await eventually(
    async () => {
      const sent = (await messages('outbound')).filter(({ status }) => status !== 'queued');
      return sent.length === 1 && (await texts()).length >= 2;
    },
    { within: 60_000, what: 'one message sent, one held, two received' },
  );
  await agent.kill();
  for (const text of ['three', 'four']) await receiveText(homes.mac, HER, text);
  for (const suffix of ['-wal', '-shm']) rmSync(journal + suffix, { force: true });
  writeFileSync(journal, 'noise '.repeat(10_000));

  const again = new BuiltAgent(homes, ['--pacing', 'off']);
  onTestFinished(async () => void (await again.kill()));
  await eventually(async () => (await texts()).filter((text) => !text.startsWith('You')).length === 4, {
    within: 60_000,
    what: 'what came while nobody looked',
  });
  expect(again.log).toContain('the journal was damaged');
  // The one that was held went with the journal: nobody can say, so nobody sends it.
  await eventually(async () => (await messages('outbound')).some(({ uncertain }) => uncertain !== null), {
    within: 60_000,
    what: 'the uncertain one',
  });
  const open = (await messages('outbound')).filter(({ status }) => status === 'queued');
  expect(open).toMatchObject([{ uncertain: { reason: expect.stringContaining('journal') } }]);
  const { status } = await ask('POST', '/v1/messages', { to: '+14155550103', text: 'after' });
  expect(status).toBe(202);
  await eventually(() => ownRows().some(({ text }) => text === 'after'), {
    within: 60_000,
    what: 'the next',
  });
  const own = ownRows().map(({ text }) => text);
  expect(own.filter((text) => text === 'to +14155550101')).toHaveLength(1);
  expect(own).not.toContain('to +14155550102');
  expect((await texts()).filter((text) => !text.startsWith('You'))).toEqual(['four', 'one', 'three', 'two']);
});
