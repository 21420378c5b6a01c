import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Pacer } from '../../agent/pacing/types.ts';
import { ANNA, freePacer, OutboxWorld } from '../support/outbox-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: OutboxWorld;
let free = false;
const held: Pacer = {
  ...freePacer,
  decide: (_, now) =>
    free ? { go: true, kind: 'follow_up' } : { go: false, rule: 'daily_sends', until: now + 24 * HOUR_MS },
};

beforeEach(() => {
  free = false;
  world = new OutboxWorld({ pacer: held });
});

afterEach(() => world.end());

test('a deadline passes when it passes, though the clock was ahead when the command came', async () => {
  world.ask('code', { type: 'message.send', to: ANNA, text: '123456', priority: 'otp' });
  await world.clock.advance(MINUTE_MS);
  world.clock.jump(-3 * HOUR_MS);
  await world.clock.advance(HOUR_MS + MINUTE_MS);
  free = true;
  world.outbox.wake();
  expect(world.journal.command('code')).toMatchObject({ state: 'failed', error: { code: 'expired' } });
  expect(world.mac.acts).toEqual([]);
});
