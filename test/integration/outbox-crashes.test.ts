import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ActingWorld, type Fate } from '../support/acting-world.ts';
import { JumpingClock } from '../support/jumping-clock.ts';

const RUNS = Number(process.env.OUTBOX_RUNS ?? 40);
const HOUR = 3_600_000;

const fates = fc.array(
  fc.record({
    landsAfter: fc.integer({ min: 1, max: 400 }),
    endsAfter: fc.integer({ min: 0, max: 300 }),
    what: fc.constantFrom<Fate['what']>('row', 'row', 'row', 'no_row', 'not_started'),
  }),
  { minLength: 1, maxLength: 8 },
);

const steps = fc.array(
  fc.record({
    to: fc.constantFrom('a@x.example', 'b@x.example', 'c@x.example'),
    /** How long the message may wait. */
    lives: fc.constantFrom(700, 5_000, HOUR, HOUR),
    wait: fc.constantFrom(0, 0, 50, 300, 1_500),
    /** At which of its next writes the agent is killed, if at all. */
    killAfter: fc.option(fc.nat(6), { nil: undefined }),
    /** How long it is away then. */
    away: fc.constantFrom(0, 0, 200, 4_000),
  }),
  { maxLength: 25 },
);

interface Step {
  to: string;
  lives: number;
  wait: number;
  killAfter: number | undefined;
  away: number;
}

/** Plays the plan to its end; returns when each message expires. */
async function play(world: ActingWorld, plan: readonly Step[]): Promise<Map<string, number>> {
  const { clock } = world;
  const expiry = new Map<string, number>();
  for (const [index, { to, lives, wait, killAfter, away }] of plan.entries()) {
    const id = `m${index}`;
    const expiresAt = clock.now() + lives;
    expiry.set(id, expiresAt);
    world.send(id, to, { expiresAt });
    if (killAfter !== undefined) world.killAfter(killAfter);
    await clock.advance(0);
    await clock.advance(wait);
    if (!world.dead) continue;
    await clock.advance(away);
    await world.restart();
  }
  world.killAfter(Number.POSITIVE_INFINITY);
  // Whatever waits for Messages goes or expires.
  for (let n = 0; n < 6; n += 1) await clock.advance(HOUR / 4);
  return expiry;
}

/** Whether a message ended as what became of it. */
function checkEnd(world: ActingWorld, id: string, expiresAt: number): void {
  const { landings, fateOf } = world.mac;
  const command = world.journal.command(id);
  const landing = landings.find((one) => one.id === id);
  const landed = fateOf(id) === 'row' ? 'done' : 'uncertain';
  const ended = landing ? { state: landed } : { state: 'failed', error: { code: 'expired' } };
  expect(command, id).toMatchObject(ended);
  if (landing) expect(landing.at).toBeLessThan(expiresAt + 1_000);
}

test('whenever the agent is killed: nothing is sent twice, none overtakes, and each end is what became of it', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, fates, async (plan, acts) => {
      const world = new ActingWorld(new JumpingClock(), null, acts);
      try {
        const expiry = await play(world, plan);
        const { landings } = world.mac;
        expect(new Set(landings.map(({ id }) => id)).size).toBe(landings.length);
        for (const [id, expiresAt] of expiry) checkEnd(world, id, expiresAt);
        for (const name of new Set(landings.map(({ conversation }) => conversation))) {
          const mine = landings.filter(({ conversation }) => conversation === name);
          const order = mine.map(({ id }) => Number(id.slice(1)));
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      } finally {
        await world.end();
      }
    }),
    { numRuns: RUNS },
  );
});
