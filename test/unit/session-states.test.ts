import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  commandSpace,
  newSessionState,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  transition,
} from '../../bridge/hub/session-states.ts';
import type { Hello } from '../../bridge/protocol/frames.ts';
import { WINDOW } from '../../bridge/protocol/limits.ts';
import type { StoredCommand } from '../../bridge/store/types.ts';

const hello = { type: 'hello' } as Hello;
const commandOf = (seq: number): StoredCommand => ({ seq }) as StoredCommand;
const eventOf = (seq: number): SessionInput => ({
  kind: 'event',
  seq,
  event: {
    type: 'command.state',
    commandId: 'cmd_1',
    state: 'queued',
    at: '2026-01-01T00:00:00.000Z',
  },
  bytes: 100,
});

const open = (eventSeq = 0, commandAck = 0): SessionState => {
  const opening = transition(newSessionState, { kind: 'hello', hello }).state;
  return transition(opening, { kind: 'opened', eventSeq, commandAck }).state;
};

/** Inputs as offsets from where the session stands, so that good and bad ones both come often. */
type Move = { kind: 'event' | 'ack' | 'command' | 'stored' | 'hello' | 'opened' | 'end'; by: number };

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('event' as const, 'ack' as const, 'command' as const) },
    { weight: 10, arbitrary: fc.constant('stored' as const) },
    { weight: 1, arbitrary: fc.constantFrom('hello' as const, 'opened' as const, 'end' as const) },
  ),
  by: fc.oneof(
    { weight: 30, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
  ),
});

function inputFor(state: SessionState, { kind, by }: Move): SessionInput | undefined {
  switch (kind) {
    case 'event':
      return eventOf(Math.max(0, state.received + by));
    case 'ack':
      return { kind, seq: Math.max(0, state.commandAck + by) };
    case 'command':
      return commandSpace(state) > 0 ? { kind, command: commandOf(state.commandSent + 1) } : undefined;
    case 'stored':
      return state.durable < state.received
        ? { kind, seq: state.durable + 1, idle: state.durable + 1 === state.received }
        : undefined;
    case 'hello':
      return { kind, hello };
    case 'opened':
      return { kind, eventSeq: 0, commandAck: 0 };
    case 'end':
      return { kind, code: 'silent' };
  }
}

const check = (state: SessionState): void => {
  expect(state.acked).toBeLessThanOrEqual(state.durable);
  expect(state.durable).toBeLessThanOrEqual(state.received);
  expect(state.received - state.acked).toBeLessThanOrEqual(WINDOW);
  expect(state.commandAck).toBeLessThanOrEqual(state.commandSent);
  expect(state.commandSent - state.commandAck).toBeLessThanOrEqual(WINDOW);
};

test('whatever comes: stored in sequence, never acknowledged before durable, closed at most once', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 600 }), fc.nat(50), (moves, start) => {
      let state = open(start, start);
      const effects: SessionEffect[] = [];
      for (const each of moves) {
        const input = inputFor(state, each);
        if (!input) continue;
        const before = state;
        const step = transition(state, input);
        state = step.state;
        effects.push(...step.effects);
        check(state);
        if (before.phase === 'closed') expect(step).toEqual({ state: before, effects: [] });
        for (const effect of step.effects) {
          if (effect.do === 'send-ack') expect(effect.seq).toBe(state.durable);
        }
      }
      const stored = effects.flatMap((effect) => (effect.do === 'store' ? [effect.seq] : []));
      expect(stored).toEqual(stored.map((_, index) => start + 1 + index));
      const sent = effects.flatMap((effect) => (effect.do === 'send-command' ? [effect.command.seq] : []));
      expect(sent).toEqual(sent.map((_, index) => start + 1 + index));
      const closes = effects.filter((effect) => effect.do === 'close');
      expect(closes).toHaveLength(state.phase === 'closed' ? 1 : 0);
    }),
    { numRuns: 300 },
  );
});

test('only a hello may come first, and nothing while it is checked', () => {
  for (const input of [eventOf(1), { kind: 'ack', seq: 0 } as const]) {
    expect(transition(newSessionState, input).effects).toEqual([{ do: 'close', code: 'bad_frame' }]);
    const opening = transition(newSessionState, { kind: 'hello', hello }).state;
    expect(transition(opening, input).effects).toEqual([{ do: 'close', code: 'bad_frame' }]);
  }
});

test('the window counts what the agent was not told is durable', () => {
  let state = open(10);
  for (let seq = 11; seq <= 10 + WINDOW; seq += 1) state = transition(state, eventOf(seq)).state;
  expect(state.phase).toBe('open');
  expect(transition(state, eventOf(11 + WINDOW)).effects).toEqual([{ do: 'close', code: 'window_exceeded' }]);
});

test('one acknowledgement speaks for a drained batch, and a long one is acknowledged on the way', () => {
  let state = open();
  const acks: number[] = [];
  for (let seq = 1; seq <= 200; seq += 1) state = transition(state, eventOf(seq)).state;
  for (let seq = 1; seq <= 200; seq += 1) {
    const step = transition(state, { kind: 'stored', seq, idle: seq === 200 });
    state = step.state;
    for (const effect of step.effects) if (effect.do === 'send-ack') acks.push(effect.seq);
  }
  expect(acks).toEqual([64, 128, 192, 200]);
});

test('a repeat is acknowledged when durable, and waits for its acknowledgement when not', () => {
  const received = transition(open(5), eventOf(6)).state;
  expect(transition(received, eventOf(6)).effects).toEqual([]);
  expect(transition(received, eventOf(5)).effects).toEqual([{ do: 'send-ack', seq: 5 }]);
});
