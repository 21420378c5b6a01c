import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MessagesStore } from '../../agent/virtual-mac/types.ts';
import { type AgentHomes, BuiltAgent, bluerelay } from '../support/built-agent.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerBridge } from '../support/ledger-bridge.ts';
import { openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const PEER = '+14155550199';
const DAY_MS = 86_400_000;

interface World {
  bridge: LedgerBridge;
  homes: AgentHomes;
  store: MessagesStore;
  agent: { current: BuiltAgent };
}

async function world(fill: (store: MessagesStore) => void): Promise<World> {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  const store = openStore(homes.mac, '26', LINE);
  fill(store);
  const bridge = await LedgerBridge.start();
  await bluerelay(
    homes,
    ['enrol', '--bridge', bridge.url, '--token', '-', '--handle', LINE],
    'a token of twenty characters\n',
  );
  const agent = { current: new BuiltAgent(homes) };
  onTestFinished(async () => {
    await agent.current.kill();
    await bridge.stop();
  });
  await eventually(() => bridge.connections > 0, { what: 'link' });
  return { bridge, homes, store, agent };
}

const texts = (texts: readonly string[], at: number) =>
  texts.map((text, i) => ({
    chat: { handle: PEER },
    sender: { handle: PEER },
    parts: [{ kind: 'text' as const, text }],
    at: at + i * 1000,
  }));

const received = (bridge: LedgerBridge) =>
  bridge.events.flatMap((event) =>
    event.type === 'message.received' ? [{ text: event.text, backfill: event.backfill }] : [],
  );

test('history is told once, marked, as it stands now; what was told, own or said again is not', async () => {
  const now = Date.now();
  const { bridge, homes, store } = await world((mac) => {
    mac.backfill(texts(['before the range'], now - 9 * DAY_MS));
    const [, edited, gone] = mac.backfill(texts(['one', 'two', 'three', 'four'], now - DAY_MS));
    mac.editMessage(edited?.guid ?? '', { text: 'two, mended', at: now - DAY_MS + 60_000 });
    mac.unsendMessage(gone?.guid ?? '', { at: now - DAY_MS + 60_000 });
    mac.insertSelf({ text: 'a note to me', at: now - DAY_MS / 2, rows: 2 });
    mac.join(mac.insertOutgoing({ to: PEER, text: 'my own', at: now - DAY_MS / 2 }), PEER);
    // What iCloud brings again.
    mac.backfill(texts(['one'], now - DAY_MS));
  });
  const first = await bluerelay(homes, ['backfill', '--since', '2d', '--json']);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(first.stdout)).toMatchObject({ told: 3, finishedAt: expect.any(String) });
  const history = ['one', 'two, mended', 'four'].map((text) => ({ text, backfill: true }));
  await eventually(() => received(bridge).length === 3, { what: 'history' });
  expect(received(bridge)).toEqual(history);

  store.backfill(texts(['live'], Date.now()));
  await eventually(() => received(bridge).length === 4, { what: 'the live message' });

  const again = await bluerelay(homes, ['backfill', '--since', '1d', '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ told: 1 });
  const wider = await bluerelay(homes, ['backfill', '--since', '30d']);
  expect(wider.stdout).toMatch(/^[12] messages? told to the bridge, .*; 10 rows since/);
  await eventually(() => received(bridge).some(({ text }) => text === 'before the range'));
  const told = received(bridge).map(({ text }) => text);
  for (const { text } of history) expect(told.filter((other) => other === text)).toHaveLength(1);
});

test('an agent that is killed in the middle goes on where it was', async () => {
  const count = 4_000;
  const all = Array.from({ length: count }, (_, i) => `number ${i}`);
  const { bridge, homes, agent } = await world((mac) => {
    mac.backfill(texts(all, Date.now() - DAY_MS));
  });
  const asking = bluerelay(homes, ['backfill', '--since', '2d', '--json']);
  await eventually(() => received(bridge).length > 0, { every: 1, what: 'the first of them' });
  await agent.current.kill();
  expect(received(bridge).length).toBeLessThan(count);
  expect((await asking).code).toBe(1);
  agent.current = new BuiltAgent(homes);
  await eventually(() => received(bridge).length >= count, { within: 40_000, what: 'all of them' });
  expect(received(bridge).map(({ text }) => text)).toEqual(all);
});

test('without a running agent it says what to do', async () => {
  const folder = tempFolder();
  const homes = { home: path.join(folder, 'agent'), mac: path.join(folder, 'mac') };
  const { code, stdout } = await bluerelay(homes, ['backfill', '--since', '2d', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'agent_not_running', hint: expect.any(String) },
  });
});
