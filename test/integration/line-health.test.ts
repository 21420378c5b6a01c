import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import type { Journal } from '../../agent/journal/types.ts';
import { keepLine } from '../../agent/line-keeping.ts';
import { type Explanation, explanationSchema, paceSchema } from '../../agent/pace.ts';
import type { Schedule } from '../../agent/schedule.ts';
import { agentEventSchema } from '../../bridge/protocol/events.ts';
import type { LineStateEvent } from '../../bridge/protocol/line-events.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A calendar whose days begin when the test says. */
class TestSchedule implements Schedule {
  readonly #work: Array<() => void> = [];

  at(_: string, __: string, work: () => void): () => void {
    this.#work.push(work);
    return () => this.#work.splice(this.#work.indexOf(work), 1);
  }

  ring(): void {
    for (const work of this.#work) work();
  }
}

interface World {
  clock: ManualClock;
  journal: Journal;
  line: ReturnType<typeof keepLine>;
  schedule: TestSchedule;
  permissions: Array<{
    component: string;
    status: 'granted' | 'denied' | 'unknown';
    cause?: 'signed_out' | 'connecting';
  }>;
  freed: () => number;
  told: () => LineStateEvent[];
}

function world(file = path.join(tempFolder(), 'journal.db'), clock = new ManualClock()): World {
  const journal = openJournal(file);
  const schedule = new TestSchedule();
  const permissions: World['permissions'] = [];
  let freed = 0;
  const line = keepLine({
    home: tempFolder(),
    journal,
    pacingOff: false,
    traffic: () => ({ lastInAt: null, lastOutAt: null }),
    permissions: () => permissions,
    clock,
    logger: silentLogger,
    schedule,
    onFreed: () => {
      freed += 1;
    },
  });
  const stop = line.start();
  onTestFinished(() => {
    stop();
    journal.close();
  });
  const told = (): LineStateEvent[] =>
    journal
      .eventsAfter(0, 1_000)
      .map(({ event }) => agentEventSchema.parse(event))
      .filter((event) => event.type === 'line.state');
  return { clock, journal, line, schedule, permissions, freed: () => freed, told };
}

function fail({ journal, clock }: World, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const guid = `guid-${clock.now()}-${n}`;
    const at = clock.now();
    journal.record({ at, outcomes: [{ guid, at, state: 'sent', error: 0 }] });
    journal.record({ at, outcomes: [{ guid, at, state: 'failed', error: 3 }] });
  }
}

const explain = ({ line }: World, id: string): Explanation =>
  explanationSchema.parse(line.methods['pace.explain']?.({ id }));

test('tells once how a new line stands, and its counts no more than once a minute', async () => {
  const at = world();
  expect(at.told()).toMatchObject([
    {
      status: 'warming',
      health: 'healthy',
      ban: { status: 'none' },
      warmup: { day: 1, stage: 1, newConversationCap: 5, dailyCap: 20 },
      usage: { sent: 0, proactive: 0 },
    },
  ]);
  await at.clock.advance(60_000);
  expect(at.told()).toHaveLength(1);
  for (let n = 0; n < 50; n += 1) {
    const sent = [
      { at: at.clock.now(), commandId: `c${n}`, part: 0, conversation: 'a', kind: 'reply' as const },
    ];
    at.journal.record({ at: at.clock.now(), sent });
    await at.clock.advance(1_000);
  }
  expect(at.told().length).toBeLessThanOrEqual(3);
  await at.clock.advance(120_000);
  expect(at.told().at(-1)?.usage).toMatchObject({ sent: 50, proactive: 0 });
});

test('failures in a row pause what answers nothing, over restarts, and the caps come back in quarters', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'journal.db');
  const at = world(file);
  const command = sendCommand('cmd_1', { issuedAt: at.clock.now(), expiresAt: at.clock.now() + 30 * DAY });
  at.journal.acceptCommands([{ seq: 1, command, expiresAt: at.clock.now() + 30 * DAY }], at.clock.now());
  fail(at, 5);
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject({
    status: 'paused',
    health: 'critical',
    ban: { status: 'suspected', reason: '5 messages in a row were not delivered' },
  });
  expect(at.freed()).toBe(1);
  expect(explain(at, 'cmd_1')).toMatchObject({ decision: { go: false, rule: 'line_paused' } });
  at.journal.record({ at: at.clock.now(), received: [{ at: at.clock.now(), conversation: '+14155550101' }] });
  expect(explain(at, 'cmd_1')).toMatchObject({ decision: { go: true } });

  const again = world(file, at.clock);
  expect(again.told().at(-1)?.status).toBe('paused');
  expect(paceSchema.parse(again.line.methods['pace.show']?.({}))).toMatchObject({
    course: 'suspected',
    pausedUntil: expect.any(String),
  });
  // The failures leave the day that is looked at, and then a day passes without a sign: looked at by agents that start then.
  const begun = at.clock.now();
  const after = (ms: number): LineStateEvent | undefined =>
    world(file, new ManualClock(begun + ms))
      .told()
      .at(-1);
  expect(after(23 * HOUR)?.status).toBe('paused');
  expect(after(46 * HOUR)?.status).toBe('paused');
  for (const [days, share] of [0.25, 0.5, 0.75].entries())
    expect(after(48 * HOUR + days * DAY)).toMatchObject({
      ...{ status: 'warming', health: 'at_risk', ban: { status: 'none' } },
      warmup: { dailyCap: Math.floor(share * (days < 2 ? 40 : 60)) },
    });
  expect(after(48 * HOUR + 3 * DAY)).toMatchObject({ health: 'healthy', warmup: { dailyCap: 60 } });
});

test('each signal shows in what is told, and only what speaks for a ban pauses the line', async () => {
  const at = world();
  const outcomes = (count: number, state: 'sent' | 'delivered' | 'failed', error: number): void => {
    for (let n = 0; n < count; n += 1) {
      const outcome = { guid: `${state}-${error}-${n}`, at: at.clock.now(), error };
      at.journal.record({ at: at.clock.now(), outcomes: [{ ...outcome, state: 'sent', error: 0 }] });
      if (state !== 'sent') at.journal.record({ at: at.clock.now(), outcomes: [{ ...outcome, state }] });
    }
  };
  const now = async (): Promise<LineStateEvent | undefined> => {
    await at.clock.advance(20_000);
    return at.told().at(-1);
  };
  // To handles that are not on iMessage: a list of strangers, and no ban.
  outcomes(8, 'delivered', 0);
  outcomes(4, 'failed', 22);
  expect(await now()).toMatchObject({ status: 'warming', health: 'at_risk', ban: { status: 'none' } });

  // Much is sent, and hardly anything is delivered half an hour later.
  const silent = world();
  for (let n = 0; n < 25; n += 1) {
    const sentAt = silent.clock.now();
    silent.journal.record({
      at: sentAt,
      outcomes: [{ guid: `o-${n}`, at: sentAt, state: 'sent', error: 0 }],
      sent: [{ at: sentAt, commandId: `c-${n}`, part: 0, conversation: `+1415555${2000 + n}`, kind: 'new' }],
    });
    if (n < 6)
      silent.journal.record({
        at: sentAt,
        outcomes: [{ guid: `o-${n}`, at: sentAt, state: 'delivered', error: 0 }],
      });
  }
  await silent.clock.advance(20_000);
  // Nobody wrote in two days in which so much was sent.
  expect(silent.told().at(-1)).toMatchObject({ status: 'warming', health: 'at_risk' });
  expect(silent.line.methods['pace.show']?.({})).toMatchObject({
    reasons: ['25 messages in two days, and nobody wrote'],
  });
  await silent.clock.advance(31 * 60_000);
  expect(silent.told().at(-1)).toMatchObject({
    status: 'paused',
    health: 'critical',
    ban: { status: 'suspected', reason: 'only 24 % of 25 messages of a day were delivered' },
  });
});

test('the word of the bridge on a ban is durable, and its end begins the recovery', async () => {
  const file = path.join(tempFolder(), 'journal.db');
  const at = world(file);
  at.line.setBan({ since: isoTime(at.clock.now()), reason: 'seen' });
  expect(at.line.isBanned()).toBe(true);
  expect(at.freed()).toBe(1);
  at.line.setBan({ since: isoTime(at.clock.now()), reason: 'seen' });
  expect(at.freed()).toBe(1);
  const again = world(file, at.clock);
  expect(again.line.isBanned()).toBe(true);
  // No sign of the Mac ends or changes it.
  fail(again, 5);
  await again.clock.advance(20_000);
  expect(again.line.methods['pace.show']?.({})).toMatchObject({ course: 'banned', health: 'critical' });
  const day = 2 * DAY;
  const later = world(file, new ManualClock(at.clock.now() + day));
  later.line.setBan(undefined);
  expect(later.line.isBanned()).toBe(false);
  expect(later.told().at(-1)).toMatchObject({ health: 'at_risk', warmup: { dailyCap: 10 } });
});

test('Messages signed out is a suspicion, a permission that is lost is none', async () => {
  const at = world();
  at.permissions.push({ component: 'automation_messages', status: 'denied' });
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject({ status: 'warming', health: 'critical' });
  at.permissions[0] = { component: 'messages', status: 'denied' };
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject({ status: 'warming' });
  at.permissions[0] = { component: 'messages', status: 'denied', cause: 'signed_out' };
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject({ status: 'paused', ban: { status: 'suspected' } });
});

test.each([
  [{ status: 'granted' as const }, { status: 'warming', health: 'healthy', ban: { status: 'none' } }],
  [
    { status: 'denied' as const, cause: 'signed_out' as const },
    { status: 'paused', health: 'critical', ban: { status: 'suspected' } },
  ],
])('an account that is connecting is nothing yet, whatever becomes of it: %o', async (then, told) => {
  const at = world();
  at.permissions.push({ component: 'messages', status: 'unknown', cause: 'connecting' });
  await at.clock.advance(9 * 60_000);
  expect(at.told()).toMatchObject([{ status: 'warming', health: 'healthy' }]);
  at.permissions[0] = { component: 'messages', ...then };
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject(told);
});

test('an account that does not connect is a risk, and no suspicion', async () => {
  const at = world();
  at.permissions.push({ component: 'messages', status: 'unknown', cause: 'connecting' });
  await at.clock.advance(11 * 60_000);
  expect(at.told().at(-1)).toMatchObject({ status: 'warming', health: 'at_risk', ban: { status: 'none' } });
  at.permissions[0] = { component: 'messages', status: 'granted' };
  await at.clock.advance(20_000);
  expect(at.told().at(-1)).toMatchObject({ health: 'healthy' });
});

test('the roll of the day tells the new caps and lets held commands be looked at', async () => {
  const at = world();
  const before = at.freed();
  await at.clock.advance(2 * DAY);
  at.schedule.ring();
  expect(at.freed()).toBe(before + 1);
  expect(at.told().at(-1)?.warmup).toMatchObject({ day: 3, newConversationCap: 10 });
});
