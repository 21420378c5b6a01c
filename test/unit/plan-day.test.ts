import { expect, test } from 'vitest';
import {
  type PlanOptions,
  planDay,
  playDay,
  type SceneName,
  sceneNames,
} from '../../agent/virtual-mac/days/days.ts';
import type { DayOperation, DayPlan } from '../../agent/virtual-mac/days/types.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openStore } from '../support/messages-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LINE = '+14155550100';
const people = ['+14155550101', '+14155550102', '+14155550103'];

const plan = (over: Partial<PlanOptions> = {}): DayPlan =>
  planDay({ seed: 7, operations: 400, release: '26', people, line: LINE, ...over });

const steps = (day: DayPlan): Set<string> => new Set(day.operations.map((operation) => operation.do));

test('the same seed makes the same day, another seed another', () => {
  expect(plan()).toEqual(plan());
  expect(plan({ seed: 8 })).not.toEqual(plan());
});

test('a long day holds every kind of operation and of fact', () => {
  const day = plan({ operations: 5_000 });
  expect(day.operations.length).toBeGreaterThanOrEqual(5_000);
  expect([...steps(day)].sort()).toEqual(
    [
      ...[
        'message',
        'join',
        'attach',
        'transfer',
        'sent',
        'reindex',
        'flip',
        'downgrade',
        'delivered',
        'read',
      ],
      ...['send-scheduled', 'failed', 'tapback', 'edit', 'unsend', 'balloon', 'filtered', 'self', 'backfill'],
      ...['ghost', 'group', 'note', 'call', 'rebuild', 'swap-wal', 'take-away', 'restore-half', 'restore'],
      ...['add-column', 'drop-column', 'played', 'lock', 'unlock'],
    ].sort(),
  );
  const kinds = new Set(day.facts.map((fact) => fact.kind));
  expect([...kinds].sort()).toEqual(
    [
      'received',
      'own-state',
      'tapback',
      'edited',
      'unsent',
      'file',
      'link',
      'group',
      'call',
      'silent',
    ].sort(),
  );
});

test('what a day is made of is all that can be seen of messages, calls and files', () => {
  const { facts } = plan({ operations: 5_000 });
  const received = facts.flatMap((fact) => (fact.kind === 'received' ? [fact] : []));
  for (const told of [
    'marks',
    'updates',
    'subject',
    'effect',
    'sticker',
    'replyTo',
    'app',
    'toSelf',
  ] as const)
    expect(
      received.some((fact) => fact[told] !== undefined),
      told,
    ).toBe(true);
  const calls = facts.flatMap((fact) => (fact.kind === 'call' ? [fact.media] : []));
  expect(new Set(calls)).toEqual(new Set(['facetime-audio', 'facetime-video', 'phone']));
  const away = plan({ operations: 300, only: ['away'] }).operations;
  const half = away.flatMap((step) => (step.do === 'restore-half' ? [step.how] : []));
  expect(new Set(half)).toEqual(new Set(['half', 'empty', 'garbage']));
  const replays = plan({ operations: 300, only: ['backfill', 'text'] });
  const amid = replays.operations.filter(
    (step) => step.do === 'backfill' && step.facts.some((place) => replays.facts[place]?.kind === 'received'),
  );
  expect(amid.length).toBeGreaterThan(0);
});

test('what comes back does so in every shape, and what is alike is told all the same', () => {
  const made = (...only: SceneName[]): DayPlan => plan({ operations: 2_000, only });
  const why = (day: DayPlan, { facts }: DayOperation) => facts.map((place) => day.facts[place]?.kind);
  const returns = made('comeBack', 'send', 'react', 'files', 'found', 'change', 'text');
  const silent = returns.operations.filter((step) => why(returns, step).includes('silent'));
  const own = new Set(
    returns.operations.flatMap((step) =>
      step.do === 'message' && step.message.sender === 'me' ? [step.ref] : [],
    ),
  );
  const copies = silent.flatMap((step) => (step.do === 'backfill' ? step.messages : []));
  expect(copies.some(({ copyOf = '', sender }) => own.has(copyOf) && sender !== 'me')).toBe(true);
  expect(copies.some(({ associated }) => associated !== undefined)).toBe(true);
  const joined = new Set(silent.flatMap((step) => (step.do === 'join' ? [step.ref] : [])));
  expect(returns.operations.some((step) => step.do === 'note' && step.copyOf && joined.has(step.ref))).toBe(
    true,
  );
  const photos = new Set(silent.flatMap((step) => (step.do === 'message' ? [step.ref] : [])));
  const files = returns.operations.filter((step) => step.do === 'attach' && photos.has(step.message));
  expect(files.some((step) => step.do === 'attach' && step.file.totalBytes === 0)).toBe(true);

  const climbs = made('climb').operations.filter((step) => step.do === 'backfill');
  expect(climbs.length).toBeGreaterThan(2);
  const gaps = climbs.slice(1, 3).map(({ at }, index) => at - (climbs[index]?.at ?? at));
  expect(Math.min(...gaps)).toBeGreaterThan(10_000);

  const outage = made('outage');
  const received = outage.facts.flatMap((fact) => (fact.kind === 'received' ? [fact] : []));
  const lateness = received.map(({ at, due }) => (outage.operations[due]?.at ?? at) - at);
  expect(Math.max(...lateness)).toBeGreaterThan(3_600_000);
  expect(outage.facts.some(({ kind }) => kind === 'own-state')).toBe(true);

  const twice = made('twice').facts.flatMap((fact) => (fact.kind === 'received' ? fact.parts : []));
  expect(new Set(twice).size).toBeLessThan(twice.length);
});

test('operations follow each other in time, and facts are due with one of them', () => {
  const day = plan({ operations: 2_000 });
  let last = 0;
  for (const [index, operation] of day.operations.entries()) {
    expect(operation.at).toBeGreaterThanOrEqual(last);
    last = operation.at;
    for (const place of operation.facts) expect(day.facts[place]).toMatchObject({ due: index });
  }
  for (const { since, due, until = Infinity } of day.facts) {
    expect(since).toBeLessThanOrEqual(due);
    expect(until).toBeGreaterThanOrEqual(due);
  }
});

test('what a release does not have does not happen', () => {
  const day = plan({ release: '12', operations: 3_000 });
  for (const step of ['edit', 'unsend', 'send-scheduled']) expect(steps(day)).not.toContain(step);
});

test('only what is asked for happens', () => {
  expect(sceneNames).toContain('text');
  const day = plan({ only: ['call'], operations: 20 });
  expect([...steps(day)]).toEqual(['call']);
});

test.for(macosReleases)('a day of macOS %s can be played to its end, in its time', async (macos) => {
  const store = openStore(tempFolder(), macos, LINE);
  const clock = new ManualClock();
  const day = plan({ release: macos, operations: 300, only: ['text', 'send', 'react', 'files', 'rebuild'] });
  const begun = clock.now();
  let over = false;
  const playing = playDay(store, day, { clock }).finally(() => {
    over = true;
  });
  while (!over) await clock.advance(1_000);
  const ledger = await playing;
  expect(ledger.length).toBe(day.facts.length);
  expect(clock.now() - begun).toBeGreaterThanOrEqual(day.operations.at(-1)?.at ?? Infinity);
  for (const fact of ledger) if ('guid' in fact) expect(fact.guid).toMatch(/^[0-9A-F-]{36}$/);
});

test('a day ends early when it is told to', async () => {
  const store = openStore(tempFolder(), '26', LINE);
  const stop = new AbortController();
  let played = 0;
  await playDay(store, plan(), {
    clock: new ManualClock(),
    speed: Infinity,
    signal: stop.signal,
    onOperation: (count) => {
      played = count;
      if (count === 10) stop.abort();
    },
  });
  expect(played).toBe(10);
});
