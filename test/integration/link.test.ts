import { generateKeyPairSync, sign, verify } from 'node:crypto';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { createLink, type Link, type LinkOptions } from '../../agent/link/link.ts';
import { type CloseCode, closeCodes } from '../../bridge/protocol/close-codes.ts';
import { signedText } from '../../bridge/protocol/frames.ts';
import { MAX_FRAME_BYTES, WINDOW } from '../../bridge/protocol/limits.ts';
import { isoTime, systemClock } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { FakeBridge } from '../support/fake-bridge.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const RUSHED = AbortSignal.abort();

let bridge: FakeBridge;
let journal: Journal;
let link: Link;
let accepted = 0;
let folder: string;

function start(options: Partial<LinkOptions> = {}): void {
  link = createLink({
    identity: {
      agentId: 'ag_1',
      url: bridge.url,
      sign: (nonce) => sign(null, signedText('ag_1', nonce), privateKey).toString('base64url'),
    },
    versions: { agent: '0.0.0', macos: 'virtual' },
    journal,
    clock: systemClock,
    logger: silentLogger,
    onCommands: () => {
      accepted += 1;
    },
    onBehind: async () => journal.record({ at: Date.now(), anew: true }),
    backoff: { baseMs: 1, capMs: 5 },
    ...options,
  });
  link.start();
}

function receive(count: number): void {
  journal.record({
    at: Date.now(),
    events: Array.from({ length: count }, () => ({
      type: 'message.received' as const,
      guid: 'guid',
      conversation: null,
      from: '+14155550101',
      service: 'iMessage',
      text: 'hi',
      at: isoTime(Date.now()),
    })),
  });
}

/** What was journaled until now was by an earlier program. */
function reopen(): void {
  journal.close();
  journal = openJournal(path.join(folder, 'journal.db'));
}

const seqs = (events: ReadonlyArray<{ seq: number }>): number[] => events.map(({ seq }) => seq);
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

beforeEach(async () => {
  accepted = 0;
  bridge = await FakeBridge.start();
  folder = tempFolder();
  journal = openJournal(path.join(folder, 'journal.db'));
});

afterEach(async () => {
  await link.stop(RUSHED);
  await bridge.stop();
  journal.close();
});

describe('link', () => {
  test('proves who it is by signing the nonce of this connection', async () => {
    start();
    const session = await bridge.session(1);
    const hello = await session.hello();
    expect(hello).toMatchObject({ agentId: 'ag_1', journalId: journal.id(), commandAck: 0, protocol: 1 });
    const signature = Buffer.from(hello.signature, 'base64url');
    expect(verify(null, signedText('ag_1', session.nonce), publicKey, signature)).toBe(true);
  });

  test('sends events from where the bridge is, and again after a cut those it did not acknowledge', async () => {
    receive(5);
    reopen();
    start();
    const first = await bridge.session(1);
    await first.welcome(2);
    await eventually(() => first.events.length === 3);
    expect(seqs(first.events)).toEqual([3, 4, 5]);
    first.send({ type: 'ack', seq: 4 });
    await eventually(() => seqs(journal.eventsAfter(0, 10)).join() === '5');
    first.socket.terminate();
    const second = await bridge.session(2);
    await second.welcome(4);
    receive(1);
    await eventually(() => second.events.length === 2);
    expect(seqs(second.events)).toEqual([5, 6]);
  });

  test('reconnects five times and loses nothing', async () => {
    start();
    let seen = 0;
    for (const round of [1, 2, 3, 4, 5]) {
      const session = await bridge.session(round);
      await session.welcome(seen);
      receive(3);
      await eventually(() => session.events.length === 3);
      seen = session.events.at(-1)?.seq ?? 0;
      session.close('going_away');
    }
    expect(seen).toBe(15);
    await bridge.session(6);
  });

  test('never has more than the window unacknowledged', async () => {
    receive(WINDOW + 20);
    start();
    const session = await bridge.session(1);
    await session.welcome();
    await eventually(() => session.events.length >= WINDOW);
    receive(1);
    expect(session.events).toHaveLength(WINDOW);
    session.send({ type: 'ack', seq: 10 });
    await eventually(() => session.events.length === WINDOW + 10);
    expect(seqs(session.events)).toEqual(upTo(WINDOW + 10));
  });

  test('acknowledges commands once they are in the journal, and drops those that come again', async () => {
    start();
    const first = await bridge.session(1);
    await first.welcome();
    first.command(1, sendCommand('cmd_1'));
    first.command(2, sendCommand('cmd_2'));
    await eventually(() => first.acks.at(-1) === 2);
    expect(journal.commandsIn(['queued']).map(({ id }) => id)).toEqual(['cmd_1', 'cmd_2']);
    first.socket.terminate();
    const second = await bridge.session(2);
    expect((await second.hello()).commandAck).toBe(2);
    await second.welcome(0, 2);
    second.command(2, sendCommand('cmd_2'));
    second.command(3, sendCommand('cmd_1'));
    second.command(4, sendCommand('cmd_4'));
    await eventually(() => second.acks.at(-1) === 4);
    expect(journal.commandsIn(['queued']).map(({ id }) => id)).toEqual(['cmd_1', 'cmd_2', 'cmd_4']);
    expect(accepted).toBeGreaterThan(0);
  });

  test('translates deadlines from the clock of the bridge', async () => {
    await bridge.stop();
    let ahead = 3_600_000;
    bridge = await FakeBridge.start(() => Date.now() + ahead);
    start();
    const session = await bridge.session(1);
    await session.welcome();
    const deadline = Date.now() + ahead + 60_000;
    session.command(1, sendCommand('cmd_1', { expiresAt: deadline }));
    const command = await eventually(() => journal.command('cmd_1'));
    expect(Math.abs(command.expiresAt - (Date.now() + 60_000))).toBeLessThan(5_000);
    expect(link.status().clockSkewMs).toBeGreaterThan(ahead - 5_000);
    // As it is when the clock of the Mac was set an hour forward since.
    ahead = 0;
    session.socket.terminate();
    await (await bridge.session(2)).welcome(0, 1);
    await eventually(() => link.status().state === 'open');
    expect(Math.abs((journal.command('cmd_1')?.expiresAt ?? 0) - deadline)).toBeLessThan(5_000);
  });

  test.each<[string, (frame: (text: string | Buffer) => void) => void, CloseCode]>([
    ['no JSON', (send) => send('{'), 'bad_frame'],
    ['an unknown type', (send) => send('{"type":"shutdown"}'), 'bad_frame'],
    ['an unknown field', (send) => send('{"type":"ack","seq":0,"more":1}'), 'bad_frame'],
    ['binary', (send) => send(Buffer.from('{"type":"ack","seq":0}')), 'bad_frame'],
    ['an acknowledgement of what was never sent', (send) => send('{"type":"ack","seq":9}'), 'bad_frame'],
    [
      'a gap',
      (send) => send(JSON.stringify({ type: 'command', seq: 2, command: sendCommand('c') })),
      'bad_frame',
    ],
    ['too large a frame', (send) => send(`"${'x'.repeat(MAX_FRAME_BYTES)}"`), 'frame_too_large'],
  ])('ends the connection on %s and tries again', async (_, act, code) => {
    start();
    const session = await bridge.session(1);
    await session.welcome();
    await eventually(() => link.status().state === 'open');
    act((data) => session.socket.send(data));
    await eventually(() => session.closed);
    expect(session.closed?.status).toBe(closeCodes[code].status);
    await bridge.session(2);
    expect(link.status().lastEnd?.code).toBe(code);
    expect(journal.commandsIn(['queued'])).toEqual([]);
  });

  test.each<CloseCode>(['superseded', 'revoked', 'unauthorized', 'unsupported_version'])(
    'waits when it is refused as %s, says what to do, and dials when it is told to',
    async (code) => {
      const clock = new ManualClock();
      start({ clock, backoff: { random: () => 0.5 } });
      const session = await bridge.session(1);
      await session.hello();
      session.close(code);
      await eventually(() => link.status().state === 'refused');
      const byItself = code === 'unauthorized' || code === 'unsupported_version';
      expect(link.status()).toMatchObject({
        lastEnd: { code },
        mend: expect.stringContaining('bluerelay'),
        retryAt: byItself ? isoTime(clock.now() + 450_000) : null,
      });
      await clock.advance(449_000);
      expect(bridge.sessions).toHaveLength(1);
      if (!byItself) {
        await clock.advance(100 * 86_400_000);
        expect(bridge.sessions).toHaveLength(1);
      }
      link.retry();
      await (await bridge.session(2)).welcome();
      await eventually(() => link.status().state === 'open');
      expect(link.status().mend).toBeNull();
    },
  );

  test('asks again by itself, slowly, where the bridge does not know the key', async () => {
    const clock = new ManualClock();
    start({ clock, backoff: { random: () => 0.5 } });
    for (const round of [1, 2, 3]) {
      const session = await bridge.session(round);
      await session.hello();
      session.close('unauthorized');
      await eventually(() => link.status().state === 'refused');
      await clock.advance(450_000);
    }
    await (await bridge.session(4)).welcome();
    await eventually(() => link.status().state === 'open');
  });

  test.each<CloseCode>(['superseded', 'revoked'])(
    'may act once a bridge took its journal, and not after it was %s',
    async (code) => {
      const told: boolean[] = [];
      start({ onMayAct: () => told.push(link.mayAct()) });
      const first = await bridge.session(1);
      await first.hello();
      expect(link.mayAct()).toBe(false);
      await first.welcome();
      await eventually(() => link.mayAct());
      first.socket.terminate();
      const second = await bridge.session(2);
      await second.hello();
      expect(link.mayAct()).toBe(true);
      second.close(code);
      await eventually(() => !link.mayAct());
      const before = journal.id();
      link.retry();
      const third = await bridge.session(3);
      expect((await third.hello()).journalId).not.toBe(before);
      await third.welcome();
      await eventually(() => link.mayAct());
      expect(told).toEqual([true, false, true]);
    },
  );

  test('a journal that is behind is begun anew before it acts, whoever notices', async () => {
    receive(2);
    const id = journal.id();
    reopen();
    receive(3);
    let behind = 0;
    let failures = 1;
    start({
      onBehind: async () => {
        behind += 1;
        if (failures-- > 0) throw new Error('the disk is full');
        journal.record({ at: Date.now(), anew: true });
      },
    });
    const first = await bridge.session(1);
    expect(await first.hello()).toMatchObject({ journalId: id, eventSeq: 2 });
    // The bridge has events of it that only a later copy had, though there are as many now.
    await first.welcome(4);
    const second = await bridge.session(2);
    expect((await second.hello()).journalId).not.toBe(id);
    expect(behind).toBe(2);
    expect(link.mayAct()).toBe(false);
    second.close('journal_behind');
    const third = await bridge.session(3);
    await third.welcome();
    await eventually(() => link.mayAct());
    expect(behind).toBe(3);
    await eventually(() => third.events.length === 5);
    third.socket.terminate();
    expect((await (await bridge.session(4)).hello()).eventSeq).toBe(5);
  });

  test('waits at random below a ceiling that doubles, and forgets it only after it was open for a while', async () => {
    const clock = new ManualClock();
    let drawn = 0.999_999;
    start({ clock, backoff: { baseMs: 500, capMs: 15_000, graceMs: 10_000, random: () => drawn } });
    /** Lets the n-th connection end after it was open for so long; how long it then waits. */
    const waits = async (n: number, openMs?: number): Promise<number> => {
      const session = await bridge.session(n);
      if (openMs === undefined) await session.hello();
      else {
        await session.welcome();
        await eventually(() => link.status().state === 'open');
        await clock.advance(openMs);
      }
      session.socket.terminate();
      await eventually(() => link.status().retryAt);
      const wait = Date.parse(link.status().retryAt ?? '') - clock.now();
      expect(bridge.sessions).toHaveLength(n);
      await clock.advance(wait);
      return wait;
    };
    const ceilings = [];
    for (let n = 1; n <= 7; n += 1) ceilings.push(await waits(n));
    expect(ceilings).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    // One that opened and broke at once is no success.
    expect(await waits(8, 9_999)).toBe(15_000);
    expect(await waits(9, 10_000)).toBe(500);
    drawn = 0.25;
    expect(await waits(10)).toBe(250);
    drawn = 0;
    expect(await waits(11)).toBe(0);
    await bridge.session(12);
  });

  test.each([0, -86_400_000])(
    'notices that nothing arrives any more, and dials again: clock set by %i ms',
    async (set) => {
      const clock = new JumpingClock();
      start({ clock, backoff: { baseMs: 1, capMs: 1 } });
      const session = await bridge.session(1);
      await session.welcome();
      await eventually(() => link.status().state === 'open');
      // Half open: the other side neither answers nor reads any more.
      session.socket.pause();
      clock.jump(set);
      await clock.advance(60_000);
      await eventually(() => link.status().lastEnd?.code === 'silent');
      await eventually(async () => {
        await clock.advance(10);
        return bridge.sessions.length === 2;
      });
    },
  );

  test('begins a new count of events when the bridge has fewer or more than the journal gave out', async () => {
    receive(3);
    journal.acknowledgeEvents(2);
    reopen();
    start();
    const before = journal.id();
    const session = await bridge.session(1);
    await session.welcome(1);
    const second = await bridge.session(2);
    expect((await second.hello()).journalId).not.toBe(before);
    await second.welcome(0);
    await eventually(() => second.events.length === 1);
    expect(seqs(second.events)).toEqual([1]);
    second.socket.terminate();
    const third = await bridge.session(3);
    await third.welcome(77);
    const fourth = await bridge.session(4);
    await fourth.welcome(0);
    await eventually(() => seqs(fourth.events).join() === '1');
  });

  test('lets the bridge take the last events before it goes', async () => {
    start();
    const session = await bridge.session(1);
    await session.welcome();
    await eventually(() => link.status().state === 'open');
    receive(2);
    const stopped = link.stop(new AbortController().signal);
    await eventually(() => session.events.length === 2);
    expect(session.closed).toBeUndefined();
    session.send({ type: 'ack', seq: 2 });
    await stopped;
    await eventually(() => session.closed);
    expect(session.closed).toMatchObject({ status: 1001, reason: 'going_away' });
    expect(journal.eventsAfter(0, 1)).toEqual([]);
  });
});
