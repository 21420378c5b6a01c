import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActOutcome } from '../../agent/mac/types.ts';
import { sendCommand } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, OutboxWorld, TestMac } from '../support/outbox-world.ts';

let world: OutboxWorld;

const ownState = (
  guid: string,
  state: 'sent' | 'delivered' | 'read' | 'failed',
  error: number | null = null,
) => ({ kind: 'own-state', guid, state, service: 'iMessage', error, at: world.clock.now() }) as const;

beforeEach(() => {
  world = new OutboxWorld();
});

afterEach(() => world.end());

describe('outbox', () => {
  test('journals the mark before the act, and is done with the row that proves it', async () => {
    world.order(world.text('a'));
    await eventually(() => world.mac.acts.length === 1);
    expect(world.journal.command('a')).toMatchObject({
      state: 'acting',
      highWater: 100,
      actId: world.mac.acts[0]?.actId,
    });
    await world.mac.end();
    expect(world.journal.command('a')?.state).toBe('confirming');
    expect(world.mac.forgotten).toEqual([world.mac.acts[0]?.actId]);
    const { guid } = world.row(ANNA, 'text of a');
    await world.clock.advance(200);
    expect(world.journal.command('a')).toMatchObject({ state: 'done', guid });
    expect(world.told('a')).toEqual(['queued', 'acting', 'confirming', 'done']);
  });

  test('refuses what this agent cannot do before anything happens, and goes on', async () => {
    world.order({ ...world.text('a'), voiceNote: true }, world.text('b'));
    await eventually(() => world.mac.acts.length === 1);
    expect(world.journal.command('a')).toMatchObject({
      state: 'failed',
      actId: null,
      error: { code: 'action_unavailable' },
    });
    expect(world.told('a')).toEqual(['queued', 'failed']);
  });

  test('is uncertain without a row in time, is never acted on again, and done by a later row', async () => {
    world.order(world.text('a'));
    await world.mac.end();
    await world.clock.advance(7_900);
    expect(world.journal.command('a')?.state).toBe('confirming');
    await world.clock.advance(200);
    expect(world.journal.command('a')).toMatchObject({ state: 'uncertain', error: { code: 'uncertain' } });
    // The bridge is told what speaks for it and against it.
    expect(world.facts('a').at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/\(acted at \S+Z, after row \d+; 0 own rows there since\)$/) },
    });
    await world.restart();
    await world.clock.advance(3_600_000);
    expect(world.mac.acts).toEqual([]);
    const { guid } = world.row(ANNA, 'text of a');
    world.take(ownState(guid, 'sent'));
    expect(world.told('a').slice(-3)).toEqual(['uncertain', 'done', 'message.sent']);
  });

  test('that is uncertain is done when its row gets its chat later than the tail waits for', async () => {
    world.order(world.text('a'));
    await world.mac.end();
    const row = world.row(ANNA, 'text of a', { chat: null });
    world.take(ownState(row.guid, 'read'));
    await world.clock.advance(11_000);
    expect(world.journal.command('a')?.state).toBe('uncertain');
    row.chat = { kind: 'direct', identifier: ANNA };
    await world.clock.advance(1_000);
    expect(world.told('a').slice(-3)).toEqual(['uncertain', 'done', 'message.read']);
  });

  test.each([
    ['while it acts', 'acting'],
    ['while its row is awaited', 'confirming'],
    ['when it is uncertain', 'uncertain'],
  ] as const)(
    'is done by a row that a clock set back dates before the act: set back %s',
    async (_, state) => {
      world.order(world.text('a'), world.text('b', BEN));
      await eventually(() => world.mac.acts.length === 1);
      if (state !== 'acting') await world.mac.end();
      await world.clock.advance(state === 'uncertain' ? 9_000 : 1_000);
      expect(world.journal.command('a')?.state).toBe(state);
      world.clock.jump(-9 * 3_600_000);
      const { guid } = world.row(ANNA, 'text of a');
      if (state === 'acting') await world.mac.end();
      // A later command makes the outbox look at the clock.
      await world.mac.end();
      await world.clock.advance(2_000);
      world.clock.jump(9 * 3_600_000);
      await world.clock.advance(2_000);
      expect(world.journal.command('a')).toMatchObject({ state: 'done', guid });
    },
  );

  test('gives up on a row in time although the clock was set back meanwhile', async () => {
    world.order(world.text('a'));
    await world.mac.end();
    await world.clock.advance(4_000);
    world.clock.jump(-9 * 3_600_000);
    await world.clock.advance(8_200);
    expect(world.journal.command('a')?.state).toBe('uncertain');
  });

  test('shows an operator the evidence of what is uncertain, and takes their word for it once', async () => {
    world.order(world.text('a'), world.text('b', BEN));
    await world.mac.end();
    await world.mac.end();
    world.row(ANNA, 'another text');
    await world.clock.advance(9_000);
    const { operator } = world.outbox;
    expect(operator.list(undefined).map(({ id, state }) => [id, state])).toEqual([
      ['a', 'uncertain'],
      ['b', 'uncertain'],
    ]);
    expect(operator.show('a')).toMatchObject({
      text: 'text of a',
      evidence: { rowsAfter: 100, rows: [{ sameText: false, inChat: true }] },
    });
    expect(operator.resolve('a', 'not-sent')).toMatchObject({ state: 'failed', error: { code: 'not_sent' } });
    expect(operator.resolve('b', 'sent')).toMatchObject({ state: 'done', error: null });
    expect(() => operator.resolve('a', 'sent')).toThrow(expect.objectContaining({ code: 'not_uncertain' }));
    expect(() => operator.show('c')).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(world.told('a').at(-1)).toBe('failed');
    await world.clock.advance(3_600_000);
    expect(world.mac.acts).toHaveLength(2);
  });

  test('does not give up while chat.db cannot be read', async () => {
    world.order(world.text('a'));
    await world.mac.end();
    world.evidence.readable = false;
    await world.clock.advance(60_000);
    expect(world.journal.command('a')?.state).toBe('confirming');
    world.row(ANNA, 'text of a');
    world.evidence.readable = true;
    await world.clock.advance(200);
    expect(world.journal.command('a')?.state).toBe('done');
  });

  test('does not act while chat.db cannot be read: there would be no mark', async () => {
    world.evidence.readable = false;
    world.order(world.text('a'));
    await world.clock.advance(5_000);
    expect(world.mac.acts).toEqual([]);
    world.evidence.readable = true;
    await world.clock.advance(2_000);
    expect(world.mac.acts).toHaveLength(1);
  });

  test('takes only a row to that handle, with that text, after the mark, that no other command has', async () => {
    world.row(ANNA, 'hello');
    world.order(world.text('a', ANNA, 'hello'));
    await world.mac.end();
    world.row(BEN, 'hello');
    world.row(ANNA, 'hello!');
    world.row(ANNA, 'hello', { chat: null });
    world.row(ANNA, 'hello', { chat: { kind: 'group', identifier: ANNA } });
    world.row(ANNA, 'hello', { at: world.clock.now() - 3_600_000 });
    await world.clock.advance(1_000);
    expect(world.journal.command('a')?.state).toBe('confirming');
    const proof = world.row(ANNA, 'hello');
    await world.clock.advance(200);
    expect(world.journal.command('a')?.guid).toBe(proof.guid);
    world.order(world.text('b', ANNA, 'hello'));
    await world.mac.end();
    await world.clock.advance(1_000);
    expect(world.journal.command('b')?.state).toBe('confirming');
    const second = world.row(ANNA, 'hello');
    await world.clock.advance(200);
    expect(world.journal.command('b')?.guid).toBe(second.guid);
  });

  test('gives one row to one command, though an uncertain one waits for its like', async () => {
    world.order(world.text('a', ANNA, 'hello'));
    await world.mac.end();
    await world.clock.advance(9_000);
    world.order(world.text('b', ANNA, 'hello'));
    await world.mac.end();
    const first = world.row(ANNA, 'hello');
    world.take(ownState(first.guid, 'sent'));
    expect([world.journal.command('a')?.state, world.journal.command('b')?.state]).toEqual([
      'uncertain',
      'done',
    ]);
    const second = world.row(ANNA, 'hello');
    world.take(ownState(second.guid, 'sent'));
    expect(world.journal.command('a')).toMatchObject({ state: 'done', guid: second.guid });
  });

  test('holds each command to its own mark, though another one awaits an older row', async () => {
    world.order(world.text('a', ANNA));
    await world.mac.end();
    world.row(BEN, 'hello');
    world.order(world.text('b', BEN, 'hello'));
    await world.mac.end();
    await world.clock.advance(200);
    expect(world.journal.command('b')).toMatchObject({ state: 'confirming', highWater: 101 });
    const proof = world.row(BEN, 'hello');
    await world.clock.advance(200);
    expect(world.journal.command('b')?.guid).toBe(proof.guid);
  });

  test('knows a text that Messages composed, and an address in another case', async () => {
    world.order(world.text('a', 'Zoe@Example.com', 'Zoe\u0308'));
    await world.mac.end();
    world.row('zoe@example.com', 'Zo\u00eb');
    await world.clock.advance(200);
    expect(world.journal.command('a')?.state).toBe('done');
  });

  test('fails with the row that says so', async () => {
    world.order(world.text('a'));
    await world.mac.end();
    world.row(ANNA, 'text of a', { error: 22 });
    await world.clock.advance(200);
    expect(world.journal.command('a')).toMatchObject({
      state: 'failed',
      error: { code: 'recipient_not_imessage', apple: 22 },
    });
  });

  test('what leaves by SMS or RCS, also in the end only, says nothing of how the line fares', async () => {
    world.order(world.text('a'), world.text('b', BEN));
    await eventually(() => world.mac.acts.length === 1);
    world.row(ANNA, 'text of a', { service: 'SMS' });
    await world.mac.end();
    await eventually(() => world.mac.acts.length === 2);
    const { guid } = world.row(BEN, 'text of b');
    await world.mac.end();
    const outcomes = () => world.journal.records.outcomesSince(0).length;
    await eventually(() => world.journal.command('b')?.state === 'done');
    expect(world.journal.command('a')?.state).toBe('done');
    expect(outcomes()).toBe(1);
    world.take({ ...ownState(guid, 'sent'), service: 'RCS' });
    expect(outcomes()).toBe(0);
  });

  test('tells a state that came before its row was claimed, once', async () => {
    world.order(world.text('a'));
    await eventually(() => world.mac.acts.length === 1);
    const { guid } = world.row(ANNA, 'text of a');
    world.take(ownState(guid, 'sent'), ownState('somebody-elses', 'sent'));
    world.take(ownState(guid, 'delivered'));
    expect(world.told('a')).toEqual(['queued', 'acting']);
    await world.mac.end();
    world.take(ownState(guid, 'failed', 25));
    expect(world.told('a')).toEqual([
      'queued',
      'acting',
      'confirming',
      'done',
      'message.sent',
      'message.delivered',
      'message.failed',
    ]);
    expect(world.facts('a').at(-1)).toMatchObject({ error: { code: 'not_delivered', apple: 25 } });
    expect(world.journal.keptStates(guid)).toEqual([]);
    world.take(ownState('somebody-elses', 'read'));
    expect(world.journal.keptStates('somebody-elses')).toEqual([]);
  });

  test('keeps the order within a conversation while others pass', async () => {
    world.order(world.text('a1', ANNA), world.text('a2', ANNA), world.text('b1', BEN));
    await world.mac.end();
    await eventually(() => world.mac.acts.length === 2);
    expect(world.mac.acts.map(({ handle }) => handle)).toEqual([ANNA, BEN]);
    await world.mac.end();
    await world.clock.advance(1_000);
    expect(world.mac.acts).toHaveLength(2);
    world.row(ANNA, 'text of a1');
    await world.clock.advance(200);
    expect(world.mac.acts.map(({ text }) => text)).toEqual(['text of a1', 'text of b1', 'text of a2']);
  });

  test('tries again later what did not start for want of Messages, and fails what a person must mend', async () => {
    world.order(world.text('a', ANNA), world.text('b', BEN));
    await world.mac.end({ outcome: 'not_started', error: { code: 'messages_not_running', message: 'gone' } });
    expect(world.journal.command('a')).toMatchObject({ state: 'queued', attempts: 1 });
    await world.mac.end({ outcome: 'not_started', error: { code: 'automation_denied', message: 'no' } });
    expect(world.journal.command('b')).toMatchObject({
      state: 'failed',
      error: { code: 'automation_denied' },
    });
    expect(world.mac.acts).toHaveLength(2);
    await world.clock.advance(1_100);
    await world.mac.end({ outcome: 'not_started', error: { code: 'messages_not_running', message: 'gone' } });
    expect(world.mac.acts).toHaveLength(3);
    await world.clock.advance(1_500);
    expect(world.mac.acts).toHaveLength(3);
    await world.clock.advance(1_000);
    expect(world.mac.acts).toHaveLength(4);
    expect(new Set(world.mac.acts.map(({ actId }) => actId)).size).toBe(4);
  });

  test('ends at its deadline what was not begun', async () => {
    world.order(sendCommand('old', { issuedAt: world.clock.now(), expiresAt: world.clock.now() - 1 }));
    expect(world.journal.command('old')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
    world.order(world.text('a', ANNA));
    world.order(
      sendCommand('b', { to: ANNA, issuedAt: world.clock.now(), expiresAt: world.clock.now() + 5_000 }),
    );
    await eventually(() => world.mac.acts.length === 1);
    await world.mac.end();
    await world.clock.advance(5_100);
    expect(world.journal.command('b')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
    expect(world.mac.acts).toHaveLength(1);
  });

  test.each<[string, ActOutcome, string]>([
    ['was handed over', { outcome: 'handed_over' }, 'confirming'],
    ['may have happened', { outcome: 'uncertain', error: { code: 'uncertain', message: '' } }, 'confirming'],
    ['never began', { outcome: 'not_started', error: { code: 'act_interrupted', message: '' } }, 'queued'],
  ])('after a crash asks what became of an act: it %s', async (_, outcome, state) => {
    world.order(world.text('a'));
    const begun = await eventually(
      () => world.journal.command('a')?.state === 'acting' && world.journal.command('a'),
    );
    // The next agent finds the journal as it stood in the middle of the act.
    world.mac.recovered = outcome;
    const next = new TestMac();
    next.recovered = outcome;
    const second = world.outboxOn(next);
    second.start();
    await eventually(() => world.journal.command('a')?.state === state);
    expect(next.forgotten).toEqual([begun.actId]);
    if (state === 'queued') {
      await world.clock.advance(1_100);
      expect(next.acts).toHaveLength(1);
    } else {
      world.row(ANNA, 'text of a');
      await world.clock.advance(200);
      expect(world.journal.command('a')?.state).toBe('done');
      expect(next.acts).toEqual([]);
    }
    const stopped = second.stop();
    await next.stop();
    await stopped;
  });

  test('does nothing before the tail has a beginning', async () => {
    await world.end();
    world = new OutboxWorld({ tail: false });
    world.order(world.text('a'));
    await world.clock.advance(1_000);
    expect(world.mac.acts).toEqual([]);
    world.take();
    await eventually(() => world.mac.acts.length === 1);
  });

  test('brings any row of chat.db into the bounds of the protocol', () => {
    world.take({
      kind: 'received',
      guid: 'g'.repeat(300),
      chat: { kind: 'group', identifier: '' },
      from: '1',
      line: null,
      service: '',
      text: '\u0000'.repeat(400_000),
      at: world.clock.now(),
    });
    const [{ event } = {}] = world.journal.eventsAfter(0, 1);
    expect(event).toMatchObject({
      from: 'unknown',
      service: 'unknown',
      conversation: { identifier: 'unknown' },
    });
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(256 * 1024);
  });
});
