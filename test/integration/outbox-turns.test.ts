import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutboxOptions } from '../../agent/outbox/outbox.ts';
import type { Held } from '../../agent/pacing/types.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, freePacer, OutboxWorld, withAnna } from '../support/outbox-world.ts';

let world: OutboxWorld;

beforeEach(() => {
  world = new OutboxWorld();
});

afterEach(() => world.end());

describe('pacing', () => {
  const free = { go: true, kind: 'new' } as const;
  const hold = (until: number): Held => ({ go: false, rule: 'daily_sends', until, cap: 1, used: 1 });

  test('what is held says why and until when, once, and goes when the time has come', async () => {
    const until = world.clock.now() + 60_000;
    await world.restart({
      pacer: { ...freePacer, decide: (_, now) => (now < until ? hold(until) : { go: true, kind: 'new' }) },
    });
    world.ask('a', { type: 'message.send', to: ANNA, text: 'x' });
    await eventually(() => world.stateOf('a') === 'paced');
    world.outbox.wake();
    await world.restart({
      pacer: { ...freePacer, decide: (_, now) => (now < until ? hold(until) : { go: true, kind: 'new' }) },
    });
    await world.clock.advance(59_000);
    expect(world.told('a')).toEqual(['queued', 'paced']);
    expect(world.facts().at(-1)).toMatchObject({ paced: { rule: 'daily_sends', until: isoTime(until) } });
    expect(world.outbox.operator.list('paced')).toMatchObject([{ id: 'a', paced: { rule: 'daily_sends' } }]);
    await world.clock.advance(1_100);
    await world.acted(1);
    expect(world.journal.records.countsSince(0)).toEqual({ sent: 1, proactive: 1, newConversations: 1 });
    await world.mac.end({ outcome: 'not_started', error: { code: 'act_failed', message: '' } });
    expect(world.journal.records.countsSince(0).sent).toBe(0);
  });

  test('the urgent go first, a conversation keeps its order, and none waits for ever', async () => {
    await world.acted(0);
    world.ask('busy', { type: 'message.send', to: '+14155550110', text: 'first' });
    await world.acted(1);
    for (let n = 0; n < 20; n += 1)
      world.ask(`bulk${n}`, { type: 'message.send', to: `+141555502${10 + n}`, text: 'b', priority: 'bulk' });
    world.ask('anna1', { type: 'message.send', to: ANNA, text: 'before the code', priority: 'bulk' });
    world.ask('anna2', { type: 'message.send', to: ANNA, text: 'the code', priority: 'otp' });
    for (let n = 0; n < 20; n += 1)
      world.ask(`otp${n}`, { type: 'message.send', to: `+141555503${10 + n}`, text: 'o', priority: 'otp' });
    for (let n = 0; n < 12; n += 1) {
      await world.mac.end({ outcome: 'not_started', error: { code: 'act_failed', message: '' } });
      await world.acted(n + 2);
    }
    const texts = world.mac.acts.map(({ text }) => text);
    expect(texts.slice(0, 3)).toEqual(['first', 'before the code', 'the code']);
    expect(texts.filter((text) => text === 'b')).toHaveLength(1);
    expect(texts[7]).toBe('b');
  });

  /** One message every four seconds. */
  const slow: OutboxOptions['pacer'] = {
    ...freePacer,
    decide: ({ part }, now) => {
      const until = (world.journal.records.lastSentAt() ?? 0) + 4_000;
      return part > 0 || until <= now ? { go: true, kind: 'reply' } : { ...line, until };
    },
  };
  const line = { go: false, rule: 'line_rate', everyMs: 4_000 } as const;

  test('messages that wait for the line say when it is their turn at the earliest', async () => {
    await world.restart({ pacer: slow });
    world.order(world.text('m0', '+14155550200'));
    await world.acted(1);
    for (const n of [1, 2, 3]) world.order(world.text(`m${n}`, `+1415555020${n}`));
    world.order({ ...world.text('code', BEN), priority: 'otp' });
    await world.mac.end();
    const freeAt = world.clock.now() + 4_000;
    const pacedOf = (id: string) => world.journal.command(id)?.paced;
    expect(pacedOf('m3')).toEqual({ rule: 'line_rate', until: freeAt + 2 * 4_000 });
    // The oldest may be next, and so may the code: each of them says that.
    for (const id of ['m1', 'code']) expect(pacedOf(id)).toEqual({ rule: 'line_rate', until: freeAt });
    expect(world.facts('m3').at(-1)).toMatchObject({ state: 'paced', paced: { rule: 'line_rate' } });
    await world.clock.advance(4_000);
    await world.acted(2);
    expect(world.mac.acts[1]).toMatchObject({ text: 'text of code' });
    // What was told has passed for the others: it is told anew.
    await world.mac.end();
    await world.clock.advance(9_000);
    await world.acted(3);
    await world.clock.advance(30_000);
    await world.mac.end();
    expect(pacedOf('m3')?.until).toBeGreaterThan(world.clock.now());
  });

  test('what is no message does not wait behind those that wait for the line', async () => {
    await world.restart({ pacer: slow });
    world.order(world.text('m0', '+14155550200'));
    await world.acted(1);
    for (let n = 0; n < 60; n += 1)
      world.order({ ...world.text(`code${n}`, `+141555503${10 + n}`), priority: 'otp' });
    world.ask('dots', { type: 'conversation.typing', conversation: withAnna, state: 'on' });
    await world.mac.end();
    await world.acted(2);
    expect(world.mac.acts[1]).toMatchObject({ kind: 'typing' });
  });

  test('messages behind one that is held say what holds that one, and go after it', async () => {
    const until = world.clock.now() + 60_000;
    const decide: OutboxOptions['pacer']['decide'] = (_, now) => (now < until ? hold(until) : free);
    await world.restart({ pacer: { ...freePacer, decide } });
    for (const n of [0, 1, 2]) world.order(world.text(`m${n}`));
    await eventually(() => world.stateOf('m2') === 'paced');
    const held = { rule: 'daily_sends', until };
    expect([0, 1, 2].map((n) => world.journal.command(`m${n}`)?.paced)).toEqual([held, held, held]);
    world.order(world.text('m3'));
    await eventually(() => world.stateOf('m3') === 'paced');
    expect(world.told('m3')).toEqual(['queued', 'paced']);
    await world.clock.advance(60_000);
    for (const n of [0, 1, 2, 3]) {
      await world.acted(n + 1);
      world.row(ANNA, `text of m${n}`);
      await world.mac.end();
    }
    expect(world.mac.acts.map(({ text }) => text)).toEqual([0, 1, 2, 3].map((n) => `text of m${n}`));
  });

  test('the line pauses after an act has ended, not after it has begun', async () => {
    await world.restart({ pacer: slow });
    world.order(world.text('a'), world.text('b', BEN));
    await world.acted(1);
    await world.clock.advance(30_000);
    await world.mac.end();
    const endedAt = world.clock.now();
    expect(world.journal.records.lastSentAt()).toBe(endedAt);
    await world.clock.advance(3_900);
    await world.acted(1);
    await world.clock.advance(200);
    await world.acted(2);
  });

  test('who just wrote is answered before others are written to', async () => {
    world.order(world.text('busy', '+14155550110'));
    await world.acted(1);
    world.order(world.text('news', BEN), { ...world.text('more', '+14155550111'), priority: 'bulk' });
    world.order(world.text('answer'));
    const came = { from: ANNA, chat: withAnna, line: null, service: 'iMessage', text: 'hi' } as const;
    world.take({ kind: 'received', guid: 'g', at: world.clock.now(), ...came });
    await world.mac.end();
    await world.acted(2);
    world.order(world.text('second'));
    await world.mac.end();
    await world.acted(3);
    expect(world.mac.acts.map(({ text }) => text)).toEqual([
      'text of busy',
      'text of answer',
      'text of news',
    ]);
    expect(world.journal.command('second')?.priority).toBe(world.journal.command('answer')?.priority);
    expect(world.journal.command('more')?.priority).toBe(3);
  });

  test('a code that could not leave before its deadline is not sent', async () => {
    const until = world.clock.now() + 600_000;
    const decide: OutboxOptions['pacer']['decide'] = (_, now) => (now < until ? hold(until) : free);
    await world.restart({ pacer: { ...freePacer, decide } });
    const expiresAt = isoTime(world.clock.now() + 300_000);
    world.order({ ...world.text('code'), priority: 'otp', expiresAt }, world.text('later'));
    await world.clock.advance(300_001);
    expect(world.journal.command('code')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
    await world.clock.advance(400_000);
    await world.acted(1);
    expect(world.mac.acts.map(({ text }) => text)).toEqual(['text of later']);
  });
});
