import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournaledCommand, SendKind } from '../../agent/journal/types.ts';
import { type PacingConfig, pacingConfigSchema, stageOf } from '../../agent/pacing/config.ts';
import { dayNumber, localDay, quietUntil } from '../../agent/pacing/local-day.ts';
import type { Priority } from '../../bridge/protocol/commands.ts';
import { ActingWorld, type Fate, type Landing } from '../support/acting-world.ts';
import { JumpingClock } from '../support/jumping-clock.ts';

const RUNS = Number(process.env.PACING_RUNS ?? 20);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Saturday noon in New York, whose clocks leap in the following night. */
const START = Date.parse('2026-03-07T12:00:00-05:00');
/** Longer than any act takes here, and any wait that is not told. */
const MOMENT = 5 * SECOND;
/** What was told may be as much older than what holds. */
const TOLD_ANEW = 5 * MINUTE;

const configs: fc.Arbitrary<PacingConfig> = fc
  .record({
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
    activatedOn: fc.constantFrom('2026-03-06', '2026-03-07'),
    newPerHour: fc.integer({ min: 1, max: 4 }),
    gapMs: fc.constantFrom(0, 1_000),
    jitterMs: fc.constantFrom(0, 1_500),
    pairPerMinute: fc.integer({ min: 1, max: 4 }),
    unanswered: fc.integer({ min: 2, max: 6 }),
    quietHours: fc.constantFrom(null, { from: '22:00', to: '08:00' }, { from: '01:00', to: '02:30' }),
    ratio: fc.record({ outPerIn: fc.integer({ min: 1, max: 3 }), free: fc.integer({ min: 2, max: 20 }) }),
    curve: fc.constant([
      { fromDay: 1, newConversations: 2, proactive: 4 },
      { fromDay: 2, newConversations: 3, proactive: 7 },
      { fromDay: 4, newConversations: 5, proactive: 9 },
    ]),
  })
  .map((config) => pacingConfigSchema.parse(config));

const people = fc.constantFrom('a@x.example', 'b@x.example', 'c@x.example', 'd@x.example', 'e@x.example');
const priorities = fc.constantFrom<Priority | undefined>('otp', 'reply', 'normal', 'bulk', undefined);
const waits = fc.constantFrom(0, 0, 0, 400, 3 * SECOND, MINUTE, 25 * MINUTE, 2 * HOUR, 9 * HOUR);

type Step =
  | { does: 'send'; to: string; priority: Priority | undefined; wait: number }
  | { does: 'receive'; from: string; wait: number }
  | { does: 'restart'; wait: number }
  | { does: 'jump'; by: number; wait: number };

const sends = fc.record({
  does: fc.constant('send' as const),
  to: people,
  priority: priorities,
  wait: waits,
});
const receives = fc.record({ does: fc.constant('receive' as const), from: people, wait: waits });
const restarts = fc.record({ does: fc.constant('restart' as const), wait: waits });
const jumps = fc.record({
  does: fc.constant('jump' as const),
  by: fc.constantFrom(
    -40 * DAY,
    -DAY,
    -2 * HOUR,
    -50 * SECOND,
    -SECOND,
    SECOND,
    20 * MINUTE,
    11 * HOUR,
    3 * DAY,
  ),
  wait: waits,
});
const steps = (more: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: sends },
      { weight: 2, arbitrary: receives },
      { weight: 2, arbitrary: more },
    ),
    { maxLength: 40 },
  );

const fates = fc.array(
  fc.record({
    landsAfter: fc.integer({ min: 1, max: 1_200 }),
    endsAfter: fc.integer({ min: 0, max: 300 }),
    what: fc.constant('row' as const),
  }),
  { minLength: 1, maxLength: 5 },
);

interface Run {
  world: ActingWorld;
  config: PacingConfig;
  sent: Array<{ id: string; to: string; urgent: boolean }>;
  received: Array<{ from: string; at: number; passed: number }>;
  /** Which day it was after each time that the clock was set. */
  set: Array<{ passed: number; date: string }>;
}

/** Plays a plan on one Mac; after each step whatever waits has a reason, which was told. */
async function play(config: PacingConfig, plan: readonly Step[], acts: readonly Fate[]): Promise<Run> {
  const clock = new JumpingClock(START);
  const world = new ActingWorld(clock, config, acts);
  const run: Run = { world, config, sent: [], received: [], set: [] };
  for (const step of plan) {
    if (step.does === 'send') {
      const { to, priority } = step;
      const id = `m${run.sent.length}`;
      run.sent.push({ id, to, urgent: priority === 'otp' });
      world.send(id, to, { ...(priority && { priority }), expiresAt: clock.now() + 9_000 * DAY });
    } else if (step.does === 'receive') {
      run.received.push({ from: step.from, at: clock.now(), passed: clock.passed() });
      await world.receive(step.from);
    } else if (step.does === 'jump') {
      clock.jump(step.by);
      run.set.push({ passed: clock.passed(), date: localDay(clock.now(), config.timezone).date });
      // No timer notices: within a minute it is looked.
      await clock.advance(MINUTE);
    } else await world.restart();
    // What begins at once has begun before time passes.
    await clock.advance(0);
    await clock.advance(step.wait);
    await reasons(run);
  }
  return run;
}

/** Nothing waits that might go, for more than a moment; and whatever waits longer says why and until when. */
async function reasons({ world }: Run): Promise<void> {
  for (let look = 0; ; look += 1) {
    const wrong = world.mac.busy ? [] : world.waiting().filter((command) => !isExplained(world, command));
    if (wrong.length === 0) return;
    if (look === 20) {
      expect(wrong.map((command) => ({ command, decision: world.explain(command) }))).toEqual([]);
      return;
    }
    await world.clock.advance(10);
  }
}

function isExplained(world: ActingWorld, command: JournaledCommand): boolean {
  const now = world.clock.now();
  const decision = world.explain(command);
  if (decision.go) return false;
  const { paced } = command;
  const short = decision.until - now <= MOMENT;
  // What was told then may hold longer by now, through what others used up; never shorter.
  if (!short && !(paced && paced.until > now - TOLD_ANEW && paced.until <= decision.until + TOLD_ANEW))
    return false;
  const behind = world.journal
    .commandsIn(['queued', 'paced'])
    .filter(({ conversation, seq }) => conversation === command.conversation && seq > command.seq);
  return short || behind.every((one) => one.paced?.rule === paced?.rule && one.paced?.until === paced?.until);
}

/** Lets time pass from one told time to the next: at each of them something goes, until nothing waits. */
async function drain(run: Run): Promise<void> {
  const { world } = run;
  const { clock, mac } = world;
  await world.restart({ lookEveryMs: 10_000 * DAY });
  for (;;) {
    while (mac.busy || world.journal.commandsIn(['acting', 'confirming'], 1).length > 0)
      await clock.advance(100);
    await reasons(run);
    const decisions = world.waiting().map((command) => world.explain(command));
    if (decisions.length === 0) return;
    const until = Math.min(...decisions.map((decision) => (decision.go ? clock.now() : decision.until)));
    const landed = mac.landings.length;
    await clock.advance(Math.max(0, until - clock.now()));
    await clock.advance(MOMENT);
    if (mac.landings.length === landed)
      expect(decisions).toEqual('something goes at the earliest of these times');
  }
}

const within = (window: number, times: readonly number[]): number =>
  Math.max(
    0,
    ...times.map((time, index) => times.slice(0, index + 1).filter((at) => time - at < window).length),
  );

const passed = (landings: readonly Landing[]): number[] => landings.map((landing) => landing.passed);

/** What holds whatever the clock does. */
function alwaysBroken({ world, config, sent, received, set }: Run): string[] {
  const { landings } = world.mac;
  const of = (...kinds: string[]): Landing[] =>
    landings.filter(({ id }) => kinds.includes(world.kinds.get(id) ?? ''));
  const proactive = of('new', 'follow_up');
  const to = (name: string): Landing[] => landings.filter(({ conversation }) => conversation === name);
  const names = [...new Set(landings.map(({ conversation }) => conversation))];
  const gaps = landings.map(({ passed: at }, index) => at - (landings[index - 1]?.passed ?? at - DAY));
  const broken: Record<string, boolean> = {
    'sent twice': new Set(landings.map(({ id }) => id)).size < landings.length,
    order: names.some((name) => {
      const ids = to(name).map(({ id }) => id);
      return (
        ids.join() !==
        sent
          .filter(({ id }) => ids.includes(id))
          .map(({ id }) => id)
          .join()
      );
    }),
    'one a second': gaps.some((gap) => gap < config.gapMs),
    'pair rate': names.some((name) => within(MINUTE, passed(to(name))) > config.pairPerMinute),
    'new conversations of an hour': within(HOUR, passed(of('new'))) > config.newPerHour,
    unanswered: proactive.some(({ conversation, passed: at }) => {
      const lastIn = Math.max(
        at - 30 * DAY,
        ...received
          .filter((came) => came.from === conversation && came.passed <= at)
          .map((came) => came.passed),
      );
      return (
        to(conversation).filter((one) => one.passed > lastIn && one.passed <= at).length > config.unanswered
      );
    }),
    'caps of a day': visits(proactive, set, config).some(({ date, visit }) => {
      const stage = stageOf(config, dayNumber(date, config.activatedOn ?? date));
      const began = visit.filter(({ id }) => world.kinds.get(id) === 'new');
      return visit.length > stage.proactive || began.length > stage.newConversations;
    }),
  };
  return Object.keys(broken).filter((rule) => broken[rule]);
}

/** Messages by local day, each time that the clock shows it. */
function visits(
  landings: readonly Landing[],
  set: Run['set'],
  { timezone }: PacingConfig,
): Array<{ date: string; visit: Landing[] }> {
  const days: Array<{ date: string; visit: Landing[] }> = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const landing of landings) {
    const { date } = localDay(landing.at, timezone);
    const last = days.at(-1);
    const away = set.some((one) => one.passed > before && one.passed <= landing.passed && one.date !== date);
    if (last?.date === date && !away) last.visit.push(landing);
    else days.push({ date, visit: [landing] });
    before = landing.passed;
  }
  return days;
}

/** What holds besides while the clock runs as it should. */
function broken(run: Run): string[] {
  const { world, config, sent, received } = run;
  const { landings } = world.mac;
  const kind = ({ id }: Landing): SendKind | undefined => world.kinds.get(id);
  const found = landings.flatMap((landing, index) => {
    const { at, id, conversation } = landing;
    const before = landings.slice(0, index);
    // A message may leave at any time between these two.
    const kinds = [at - MOMENT, at].map((time): SendKind => {
      const lastIn = Math.max(
        ...received.filter((one) => one.from === conversation && one.at <= time).map((one) => one.at),
      );
      const lastOut = Math.max(
        ...before.filter((one) => one.conversation === conversation).map((one) => one.at),
      );
      if (time - lastIn < DAY) return 'reply';
      return time - Math.max(lastIn, lastOut) < 30 * DAY ? 'follow_up' : 'new';
    });
    const week = before.filter((one) => at - one.at < 7 * DAY && kind(one) !== 'reply').length;
    const came = received.filter((one) => one.at <= at && at - one.at < 7 * DAY + MOMENT).length;
    const urgent = sent.find((one) => one.id === id)?.urgent;
    const { quietHours, timezone, ratio } = config;
    const quiet = quietHours && [at - MOMENT, at].every((time) => quietUntil(time, quietHours, timezone));
    return [
      ...(kinds.some((one) => one === kind(landing)) ? [] : [`${id} counted as ${kind(landing)}`]),
      ...(kind(landing) !== 'reply' && week >= ratio.free + ratio.outPerIn * came ? [`ratio at ${id}`] : []),
      ...(kind(landing) !== 'reply' && quiet && !urgent ? [`quiet hours at ${id}`] : []),
    ];
  });
  return [...alwaysBroken(run), ...found];
}

test('no schedule breaks a cap, nothing waits when it need not, nothing starves: over restarts, acts and a night with a leap', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(configs, steps(restarts), fates, async (config, plan, acts) => {
      const run = await play(config, plan, acts);
      try {
        await drain(run);
        expect(broken(run)).toEqual([]);
        expect(run.world.mac.landings.map(({ id }) => id).sort()).toEqual(
          run.sent.map(({ id }) => id).sort(),
        );
      } finally {
        await run.world.end();
      }
    }),
    { numRuns: RUNS },
  );
});

test('what a clock that was put forward lets go goes within a minute', async () => {
  const config = pacingConfigSchema.parse({ timezone: 'UTC', newPerHour: 1 });
  const clock = new JumpingClock(START);
  const world = new ActingWorld(clock, config, [{ landsAfter: 1, endsAfter: 0, what: 'row' }]);
  const expiresAt = START + DAY;
  for (const id of ['m1', 'm2']) world.send(id, `${id}@x.example`, { expiresAt });
  for (let n = 0; n < 5; n += 1) await clock.advance(SECOND);
  expect(world.mac.landings.map(({ id }) => id)).toEqual(['m1']);
  clock.jump(2 * HOUR);
  await clock.advance(MINUTE + MOMENT);
  expect(world.mac.landings.map(({ id }) => id)).toEqual(['m1', 'm2']);
  await world.end();
});

test('a clock that is set back or put forward breaks no cap, and holds nothing longer than a window', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(configs, steps(fc.oneof(restarts, jumps)), fates, async (config, plan, acts) => {
      const run = await play(config, plan, acts);
      try {
        await drain(run);
        expect(alwaysBroken(run)).toEqual([]);
        expect(run.world.mac.landings.map(({ id }) => id).sort()).toEqual(
          run.sent.map(({ id }) => id).sort(),
        );
      } finally {
        await run.world.end();
      }
    }),
    { numRuns: RUNS },
  );
});
