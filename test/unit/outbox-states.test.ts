import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandState } from '../../agent/journal/types.ts';
import { type OutboxEvent, transition } from '../../agent/outbox/states.ts';
import { type MessageErrorCode, messageErrors } from '../../bridge/protocol/errors.ts';

const error = fc.record({
  code: fc.constantFrom(...(Object.keys(messageErrors) as MessageErrorCode[])),
  message: fc.constant('why'),
});
const event: fc.Arbitrary<OutboxEvent> = fc.oneof(
  fc.constantFrom<OutboxEvent>(
    { type: 'begin' },
    { type: 'handed_over' },
    { type: 'row_found' },
    { type: 'operator_sent' },
    { type: 'hold' },
    { type: 'cancel' },
  ),
  error.map((error) => ({ type: 'refuse', error }) as const),
  error.map((error) => ({ type: 'operator_not_sent', error }) as const),
  error.map((error) => ({ type: 'may_have_happened', error }) as const),
  error.map((error) => ({ type: 'not_started', error }) as const),
  error.map((error) => ({ type: 'row_failed', error }) as const),
  error.map((error) => ({ type: 'no_row', error }) as const),
  error.map((error) => ({ type: 'deadline', error }) as const),
);

/** Follows possible events from `queued`; impossible ones change nothing. */
function walk(
  events: readonly OutboxEvent[],
): Array<{ from: CommandState; event: OutboxEvent; to: CommandState }> {
  let state: CommandState = 'queued';
  const steps = [];
  for (const event of events) {
    const to = transition(state, event);
    if (to === undefined) continue;
    steps.push({ from: state, event, to });
    state = to;
  }
  return steps;
}

const runs = fc.array(event, { maxLength: 60 });

describe('transition of a command', () => {
  test('acts again only after an act that certainly did not start and may be tried later', () => {
    fc.assert(
      fc.property(runs, (events) => {
        const steps = walk(events);
        steps.forEach(({ to, event }, index) => {
          if (to !== 'acting') return;
          const before = steps.slice(0, index).findLast(({ event }) => event.type !== 'hold');
          if (before) expect(before.event.type).toBe('not_started');
          expect(event.type).toBe('begin');
        });
      }),
    );
  });

  test('never leaves done, failed or cancelled', () => {
    fc.assert(
      fc.property(runs, (events) => {
        for (const { from } of walk(events)) expect(['done', 'failed', 'cancelled']).not.toContain(from);
      }),
    );
  });

  test('leaves uncertain by a row or an operator alone', () => {
    fc.assert(
      fc.property(runs, (events) => {
        for (const { from, event } of walk(events))
          if (from === 'uncertain')
            expect(event.type).toMatch(/^(row_found|row_failed|operator_sent|operator_not_sent)$/);
      }),
    );
  });

  test('is done with its row, or when an operator says so, alone', () => {
    fc.assert(
      fc.property(runs, (events) => {
        for (const { event, to } of walk(events))
          expect(to === 'done').toBe(['row_found', 'operator_sent'].includes(event.type));
      }),
    );
  });

  test('expires, is cancelled or refused only while nothing was done', () => {
    fc.assert(
      fc.property(runs, (events) => {
        for (const { from, event } of walk(events))
          if (['deadline', 'cancel', 'refuse'].includes(event.type))
            expect(['queued', 'paced']).toContain(from);
      }),
    );
  });

  test.each([
    ['messages_not_running', 'queued'],
    ['act_interrupted', 'queued'],
    ['automation_denied', 'failed'],
    ['mac_read_only', 'failed'],
    ['act_failed', 'failed'],
    ['a_word_of_a_later_version', 'failed'],
  ])('an act that did not start for %s leaves it %s', (code, state) => {
    expect(transition('acting', { type: 'not_started', error: { code, message: '' } })).toBe(state);
  });
});
