import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { enrol, type Identity, readIdentity } from '../../agent/identity/identity.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { createLink, type Link } from '../../agent/link/link.ts';
import { type Clock, isoTime, systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';
import { tempFolder } from '../support/temp-folder.ts';

const RUSHED = AbortSignal.abort();

interface Linked {
  bridge: RunningBridge;
  proxy: CuttingProxy;
  identity: Identity;
  journal: Journal;
  liveKey: string;
  accountId: string;
  start(): Link;
}

/** A bridge as in production, an agent's home enrolled with it through a proxy, and its journal. */
async function linked(clock: Clock = systemClock): Promise<Linked> {
  const bridge = await runningBridge({ clock });
  const proxy = await CuttingProxy.start(Number(new URL(bridge.url).port));
  onTestFinished(() => proxy.stop());
  const { account, liveKey } = await bridge.core.createAccount('Test');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const home = path.join(tempFolder(), 'agent');
  await enrol({
    home,
    bridge: `http://127.0.0.1:${proxy.port}`,
    token,
    name: 'Mac',
    handle: '+14155550100',
    again: false,
    clock: systemClock,
  });
  const journal = openJournal(path.join(home, 'journal.db'));
  onTestFinished(() => journal.close());
  const identity = readIdentity(home);
  const start = (): Link => {
    const link = createLink({
      identity,
      versions: { agent: '0.0.0', macos: 'virtual' },
      journal,
      clock: systemClock,
      logger: silentLogger,
      onCommands: () => undefined,
      onBehind: async () => journal.record({ at: Date.now(), anew: true }),
      backoff: { baseMs: 5, capMs: 20 },
    });
    onTestFinished(() => link.stop(RUSHED));
    link.start();
    return link;
  };
  return { bridge, proxy, identity, journal, liveKey, accountId: account.id, start };
}

const hear = (journal: Journal, guid: string): void =>
  journal.record({
    at: Date.now(),
    events: [
      {
        type: 'message.received',
        guid,
        conversation: { kind: 'direct', identifier: '+14155550101' },
        from: '+14155550101',
        service: 'iMessage',
        text: `text of ${guid}`,
        at: isoTime(Date.now()),
      },
    ],
  });

test('over a link that is cut again and again everything arrives once, in both directions', async () => {
  const { bridge, proxy, journal, liveKey, start } = await linked();
  const link = start();
  await eventually(() => link.status().state === 'open');
  const asked: string[] = [];
  for (let round = 1; round <= 25; round += 1) {
    hear(journal, `guid-${round}`);
    const sent = await bridge.ask<{ id: string }>('POST', '/v1/messages', {
      key: liveKey,
      body: { to: '+14155550101', text: `round ${round}` },
    });
    expect(sent.status).toBe(202);
    asked.push(`round ${round}`);
    if (round % 2 === 0) proxy.cut();
    await systemClock.sleep(Math.random() * 30);
  }
  await eventually(() => journal.commandsIn(['queued']).length === asked.length, { what: 'all commands' });
  expect(journal.commandsIn(['queued']).map(({ command }) => command)).toMatchObject(
    asked.map((text) => ({ text })),
  );
  await eventually(() => journal.eventsAfter(0, 1).length === 0, { what: 'all events' });
  const listed = await bridge.ask<{ data: Array<{ text: string }> }>(
    'GET',
    '/v1/messages?direction=inbound&limit=100',
    { key: liveKey },
  );
  const texts = listed.json.data.map(({ text }) => text).sort();
  expect(texts).toEqual(Array.from({ length: 25 }, (_, index) => `text of guid-${index + 1}`).sort());
  expect(proxy.connections).toBeGreaterThan(10);
});

test.each([-1, 1])(
  'nothing depends on equal clocks: the bridge is %i days ahead of the Mac',
  async (days) => {
    const ahead = days * 24 * 3_600_000;
    const {
      bridge,
      journal,
      liveKey: key,
      start,
    } = await linked({
      ...systemClock,
      now: () => systemClock.now() + ahead,
    });
    const link = start();
    await eventually(() => link.status().state === 'open');
    const { json: sent } = await bridge.ask<{ id: string }>('POST', '/v1/messages', {
      key,
      body: { to: '+14155550101', text: 'a code', expiresInSeconds: 60 },
    });
    const [command] = await eventually(() => {
      const queued = journal.commandsIn(['queued']);
      return queued.length > 0 && queued;
    });
    if (!command) throw new Error('there is a command');
    /** Seconds from now, as the Mac has it. */
    const inSeconds = (time: number): number => (time - systemClock.now()) / 1_000;
    expect(inSeconds(command.expiresAt)).toBeGreaterThan(50);
    expect(inSeconds(command.expiresAt)).toBeLessThan(70);
    hear(journal, 'guid-in');
    const at = isoTime(systemClock.now());
    const of = { commandId: command.id, guid: 'guid-out', at };
    journal.record({
      at: systemClock.now(),
      events: [
        { type: 'command.state', state: 'done', ...of },
        { type: 'message.sent', service: 'iMessage', ...of },
      ],
    });
    await eventually(() => journal.eventsAfter(0, 1).length === 0, { what: 'all events' });
    // What left a moment ago can be edited and taken back.
    const edited = await bridge.ask('PUT', `/v1/messages/${sent.id}`, { key, body: { text: 'the code' } });
    const unsent = await bridge.ask('POST', `/v1/messages/${sent.id}/unsend`, { key });
    expect([edited.status, unsent.status]).toEqual([202, 202]);
    const later = await eventually(() => {
      const queued = journal.commandsIn(['queued']).slice(1);
      return queued.length === 2 && queued;
    });
    expect(later.map(({ command }) => command?.type)).toEqual([...['message.edit', 'message.unsend']]);
    const [edit, unsend] = later;
    expect(inSeconds(edit?.expiresAt ?? 0)).toBeGreaterThan(14 * 60);
    expect(inSeconds(edit?.expiresAt ?? 0)).toBeLessThan(16 * 60);
    expect(inSeconds(unsend?.expiresAt ?? 0)).toBeGreaterThan(60);
    expect(inSeconds(unsend?.expiresAt ?? 0)).toBeLessThan(130);
    expect(link.status()).toMatchObject({ state: 'open', lastEnd: null });
  },
);

test('of two daemons with one identity the newer one stays, the older one waits and says why', async () => {
  const { start } = await linked();
  const older = start();
  await eventually(() => older.status().state === 'open');
  const newer = start();
  await eventually(() => older.status().state === 'refused');
  expect(older.status().lastEnd?.code).toBe('superseded');
  await eventually(() => newer.status().state === 'open');
});

test('a revoked agent waits', async () => {
  const { bridge, identity, start } = await linked();
  const link = start();
  await eventually(() => link.status().state === 'open');
  await bridge.core.revokeAgent(identity.agentId);
  await eventually(() => link.status().state === 'refused');
  expect(link.status().lastEnd?.code).toBe('revoked');
});
