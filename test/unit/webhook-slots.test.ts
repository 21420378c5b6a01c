import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slots } from '../../bridge/webhooks/slots.ts';

const KEYS = ['a', 'b', 'c'] as const;
type Key = (typeof KEYS)[number];

const LIMIT = 8;
const LIMIT_PER_KEY = 2;

/** What the slots should hold, kept beside them in the plainest way. */
class Model {
  readonly slots = new Slots<number>(LIMIT, LIMIT_PER_KEY);
  readonly running: Record<Key, number[]> = { a: [], b: [], c: [] };
  readonly waiting: Record<Key, number[]> = { a: [], b: [], c: [] };

  enter(key: Key, item: number): void {
    if (this.slots.free === 0) return;
    (this.slots.enter(key, item) ? this.running : this.waiting)[key].push(item);
  }

  leave(key: Key): void {
    if (this.running[key].shift() === undefined) return;
    const next = this.slots.leave(key);
    expect(next).toBe(this.waiting[key].shift());
    if (next !== undefined) this.running[key].push(next);
  }

  check(): void {
    const held = KEYS.flatMap((key) => [...this.running[key], ...this.waiting[key]]).length;
    expect(this.slots.free).toBe(LIMIT - held);
    for (const key of KEYS) expect(this.running[key].length).toBeLessThanOrEqual(LIMIT_PER_KEY);
    const full = KEYS.filter((key) => this.running[key].length === LIMIT_PER_KEY);
    expect(this.slots.full().sort()).toEqual(full);
  }
}

test('no more run than there are places, and nothing is forgotten', () => {
  const step = fc.record({ key: fc.constantFrom(...KEYS), enters: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Model();
      for (const [item, { key, enters }] of steps.entries()) {
        if (enters) model.enter(key, item);
        else model.leave(key);
        model.check();
      }
      const waiting = KEYS.flatMap((key) => model.waiting[key]);
      expect(model.slots.drain().sort()).toEqual(waiting.sort());
    }),
  );
});
