import { expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from '../../bridge/protocol/limits.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { openStore } from '../../bridge/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { enrolAgent, openLink, testHub } from '../support/test-hub.ts';

/** A hub with an agent, and what another bridge process on its store sees of that agent. */
async function setUp() {
  const bridge = await testHub();
  const agent = await enrolAgent(bridge);
  const store = await openStore({ url: `sqlite:${bridge.file}`, clock: bridge.clock });
  onTestFinished(() => store.close());
  const other = createCore({ store, clock: bridge.clock, logger: createLogger('test', 'silent') });
  const seen = async () => {
    const found = await other.findAgent(agent.agentId);
    if (!found) throw new Error('no agent');
    return { found, connected: other.isConnected(found) };
  };
  return { bridge, agent, seen };
}

const gone = async (seen: () => Promise<{ connected: boolean }>): Promise<void> =>
  void (await eventually(async () => !(await seen()).connected, { what: 'the end of the session' }));

test('another bridge on the store knows who is connected, and who is not any more', async () => {
  const { bridge, agent, seen } = await setUp();
  expect((await seen()).connected).toBe(false);
  const link = await openLink(bridge.url, agent);
  expect((await seen()).connected).toBe(true);
  link.cut();
  await gone(seen);
  expect((await seen()).found.sessionId).toBeNull();
  await openLink(bridge.url, agent);
  expect((await seen()).connected).toBe(true);
  await bridge.hub.stop(new AbortController().signal);
  expect((await seen()).connected).toBe(false);
});

test('an agent that stays connected is seen so for as long as it is', async () => {
  const { bridge, agent, seen } = await setUp();
  const link = await openLink(bridge.url, agent);
  for (let round = 1; round <= 8; round += 1) {
    await bridge.clock.advance(HEARTBEAT_MS);
    await eventually(() => link.pings === round);
    await eventually(
      async () => bridge.clock.now() - ((await seen()).found.lastSeenAt ?? 0) < SILENCE_LIMIT_MS / 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await seen()).connected).toBe(true);
  }
});

test('a session that a dead bridge left behind counts until the silence limit, and not from then on', async () => {
  const { bridge, agent, seen } = await setUp();
  await bridge.core.openSession(agent.agentId, { sessionId: 'dead', journalId: 'journal-1', commandAck: 0 });
  await bridge.clock.advance(SILENCE_LIMIT_MS - 1);
  expect((await seen()).connected).toBe(true);
  await bridge.clock.advance(1);
  expect((await seen()).connected).toBe(false);
});

test('the end of a session does not hide the newer one', async () => {
  const { bridge, agent, seen } = await setUp();
  const older = await openLink(bridge.url, agent);
  await openLink(bridge.url, agent);
  await older.waitForClose();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await seen()).connected).toBe(true);
});

test('what was sent to an agent is known as sent before it is sent', async () => {
  const { bridge, agent, seen } = await setUp();
  const { core, live } = bridge;
  await core.sendMessage(live, { to: '+14155550101', text: 'one' });
  expect((await seen()).found.commandSent).toBe(0);
  const link = await openLink(bridge.url, agent);
  await link.waitFor('command');
  expect((await seen()).found.commandSent).toBe(1);
});
