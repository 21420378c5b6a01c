import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MessageFact, type MessageProgress, transition } from '../../bridge/core/message-status.ts';

const fresh: MessageProgress = { status: 'queued', sentAt: null, deliveredAt: null, readAt: null };
const ORDER = ['queued', 'sent', 'delivered', 'read'];

const facts: fc.Arbitrary<MessageFact> = fc.oneof(
  fc.record({ kind: fc.constantFrom('sent' as const, 'delivered' as const, 'read' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('failed' as const),
    at: fc.nat(),
    code: fc.constantFrom('not_delivered', 'expired'),
    message: fc.constant('no'),
  }),
);

const play = (list: readonly MessageFact[]): { told: MessageFact[]; steps: MessageProgress[] } => {
  let message = fresh;
  const told: MessageFact[] = [];
  const steps = [message];
  for (const fact of list) {
    const change = transition(message, fact);
    if (!change) continue;
    told.push(fact);
    message = { ...message, ...change } as MessageProgress;
    steps.push(message);
  }
  return { told, steps };
};

test('whatever is told in whatever order, the status never goes back and nothing is told twice', () => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 12 }), (list) => {
      const { told, steps } = play(list);
      for (const [i, step] of steps.entries()) {
        const before = steps[i - 1];
        if (!before) continue;
        expect(before.status).not.toBe('failed');
        if (step.status === 'failed') expect(['queued', 'sent']).toContain(before.status);
        else expect(ORDER.indexOf(step.status)).toBeGreaterThanOrEqual(ORDER.indexOf(before.status));
      }
      const kinds = told.map((fact) => fact.kind);
      expect(new Set(kinds).size).toBe(kinds.length);
    }),
  );
});

test('without a failure every order of the same facts ends alike, with the time of the first of each kind', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([
        { kind: 'sent', at: 1 },
        { kind: 'delivered', at: 2 },
        { kind: 'read', at: 3 },
      ] as MessageFact[]),
      (list) => {
        const end = play([...list, ...list.map((fact) => ({ ...fact, at: 99 }))]).steps.at(-1);
        const at = (kind: string) => list.find((fact) => fact.kind === kind)?.at ?? null;
        const highest = [...list].sort((a, b) => b.at - a.at)[0]?.kind ?? 'queued';
        expect(end).toMatchObject({
          status: highest,
          sentAt: at('sent'),
          deliveredAt: at('delivered'),
          readAt: at('read'),
        });
      },
    ),
  );
});

test('what was delivered does not fail, what failed stays failed, and what was received stays received', () => {
  const failed = { kind: 'failed', at: 5, code: 'not_delivered', message: 'no' } as const;
  expect(transition({ ...fresh, status: 'delivered', deliveredAt: 1 }, failed)).toBeUndefined();
  expect(transition({ ...fresh, status: 'sent', sentAt: 1 }, failed)).toEqual({
    status: 'failed',
    errorCode: 'not_delivered',
    errorMessage: 'no',
  });
  expect(transition({ ...fresh, status: 'failed' }, { kind: 'read', at: 1 })).toBeUndefined();
  expect(transition({ ...fresh, status: 'received' }, { kind: 'sent', at: 1 })).toBeUndefined();
  expect(transition({ ...fresh, status: 'read', readAt: 1 }, { kind: 'delivered', at: 2 })).toEqual({
    status: 'read',
    deliveredAt: 2,
  });
});
