import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keepCalls } from '../../agent/call-keeping.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import { openMac } from '../../agent/mac/mac.ts';
import type { Mac } from '../../agent/mac/types.ts';
import { createOutbox } from '../../agent/outbox/outbox.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import type { Command } from '../../bridge/protocol/commands.ts';
import type { AgentEvent, CallEvent } from '../../bridge/protocol/events.ts';
import { isoTime, systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { freePacer, noErrands, noFiles, TestEvidence } from '../support/outbox-world.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ANSWERS = '+14155550101';
const DECLINES = '+14155550102';
const LETS_IT_RING = '+14155550103';
const WITHIN = { within: 120_000 };

/** The outbox and the keeper of calls on a virtual Mac whose people act when the test lets time go on. */
async function world(
  macos: MacosRelease,
  { blind = false, forgetful = false }: { blind?: boolean; forgetful?: boolean } = {},
) {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const clock = new ManualClock(Date.now());
  const virtualMac = await startVirtualMac({ home, macos, clock, logger: silentLogger });
  const journal = openJournal(path.join(folder, 'journal.db'));
  journal.record({ at: 0, memory: { cursor: 'c', remember: [], forget: [] } });
  const mac = openMac({
    actsFolder: path.join(folder, 'acts'),
    target: { kind: 'virtual', home },
    allowSending: true,
    clock: systemClock,
    logger: silentLogger,
  });
  const keep = () =>
    keepCalls({
      databasePath: forgetful ? `${virtualMac.callHistoryDb}-not-here` : virtualMac.callHistoryDb,
      journal,
      mac: blind ? { ...mac, perform: notSeeing, forget: (actId) => mac.forget(actId) } : mac,
      capabilities: { current: () => [{ action: 'call_ring_timeout', method: 'ui' }] },
      clock: systemClock,
      logger: silentLogger,
    });
  let calls = keep();
  const outbox = createOutbox({
    ...{ journal, mac, errands: noErrands, pacer: freePacer, files: noFiles },
    messagesDb: { highWater: () => 1 },
    evidence: new TestEvidence(),
    noteOf: (command, at) => calls.noteOf(command, at),
    callStanding: (commandId) => calls.standing(commandId),
    clock: systemClock,
    logger: silentLogger,
  });
  const close = async (): Promise<void> => {
    await Promise.all([calls.stop(), calls.close()]);
  };
  onTestFinished(async () => {
    await Promise.all([outbox.stop(), mac.stop(AbortSignal.abort()), calls.stop()]);
    await calls.close();
    await virtualMac.stop();
    journal.close();
  });
  calls.start();
  outbox.start();
  let seq = 0;
  const order = (command: object): string => {
    seq += 1;
    const id = `cmd_${seq}`;
    const now = Date.now();
    const times = { issuedAt: isoTime(now), expiresAt: isoTime(now + 60_000) };
    journal.acceptCommands(
      [{ seq, command: { id, traceId: 't', ...times, ...command } as Command, expiresAt: now + 60_000 }],
      now,
    );
    return id;
  };
  const told = (id: string): CallEvent[] =>
    journal
      .eventsAfter(0, 1_000)
      .map(({ event }) => event)
      .filter((event): event is CallEvent => isCall(event) && event.commandId === id);
  return {
    ...{ clock, journal, outbox, order, told, mac },
    types: (id: string) => told(id).map(({ type }) => type),
    place: async (to: string, more: { kind?: 'audio' | 'video'; ringTimeoutSeconds?: number } = {}) => {
      const id = order({ type: 'call.start', to, kind: 'audio', ringTimeoutSeconds: 120, ...more });
      outbox.wake();
      await eventually(() => journal.command(id)?.state !== 'queued', WITHIN);
      // The history must not give a call that began long before its act.
      await clock.advance(Math.max(0, Date.now() - clock.now()));
      return id;
    },
    end: (callCommandId: string) => {
      const id = order({ type: 'call.end', callCommandId });
      outbox.wake();
      return id;
    },
    /** What an agent that starts anew has of it. */
    async again() {
      await close();
      calls = keep();
      calls.start();
    },
    stop: close,
    sees: (id: string, ...types: string[]) =>
      eventually(() => types.every((type) => told(id).some((event) => event.type === type)), {
        ...WITHIN,
        what: types.join(),
      }),
  };
}

/** A look at a screen that was locked meanwhile. */
const notSeeing: Mac['perform'] = async () => ({
  outcome: 'not_started',
  error: { code: 'screen_locked', message: 'the screen is locked' },
});

const isCall = (event: AgentEvent): event is CallEvent => event.type.startsWith('call.');

describe('on macOS 12, whose window says whether a call rings', { timeout: 300_000 }, () => {
  test('a call rings, is answered and ends, each told once when it is seen', async () => {
    const { place, clock, sees, told, types } = await world('12');
    const id = await place(ANSWERS, { kind: 'video' });
    await sees(id, 'call.ringing');
    expect(types(id)).toEqual(['call.ringing']);
    await clock.advance(1_000);
    await sees(id, 'call.answered');
    expect(types(id)).toEqual(['call.ringing', 'call.answered']);
    await clock.advance(5_000);
    await sees(id, 'call.ended');
    const events = told(id);
    expect(events.at(-1)).toMatchObject({ durationSeconds: 5, endReason: 'unknown', handle: ANSWERS });
    expect(types(id)).toEqual(['call.ringing', 'call.answered', 'call.ended']);
  });

  test('one that nobody answers is hung up at its time, and was missed', async () => {
    const { place, sees, told, journal } = await world('12');
    const begun = Date.now();
    const id = await place(LETS_IT_RING, { ringTimeoutSeconds: 5 });
    await sees(id, 'call.ringing', 'call.missed');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(5_000);
    expect(told(id).map(({ type }) => type)).toEqual(['call.ringing', 'call.missed']);
    expect(journal.note('placedCalls')).toBe('[]');
  });

  test('one that was answered is not hung up, however short it might ring', async () => {
    const { place, clock, sees, types } = await world('12');
    const id = await place(ANSWERS, { ringTimeoutSeconds: 5 });
    await sees(id, 'call.ringing');
    await clock.advance(1_000);
    await sees(id, 'call.answered');
    const answered = Date.now();
    await eventually(() => Date.now() - answered > 6_000, { within: 60_000 });
    expect(types(id)).toEqual(['call.ringing', 'call.answered']);
    await clock.advance(5_000);
    await sees(id, 'call.ended');
  });

  test('one that a request ends while it rings was ended by it, unanswered', async () => {
    const { place, end, sees, told } = await world('12');
    const id = await place(LETS_IT_RING);
    await sees(id, 'call.ringing');
    end(id);
    await sees(id, 'call.ended');
    expect(told(id).at(-1)).toMatchObject({ durationSeconds: 0, endReason: 'api_request' });
  });

  test('an agent that starts anew goes on where the other one was', async () => {
    const { place, again, sees, types, clock } = await world('12');
    const id = await place(ANSWERS);
    await sees(id, 'call.ringing');
    await again();
    await clock.advance(1_000);
    await sees(id, 'call.answered');
    expect(types(id)).toEqual(['call.ringing', 'call.answered']);
  });
});

test('of a call of which nothing is seen it is told that nobody knows, until the history does', {
  timeout: 300_000,
}, async () => {
  const { place, journal, again, clock, sees, types } = await world('15', { blind: true });
  const states = (id: string) =>
    journal
      .eventsAfter(0, 1_000)
      .flatMap(({ event }) =>
        event.type === 'command.state' && event.commandId === id ? [event.state] : [],
      );
  const id = await place(LETS_IT_RING);
  await eventually(() => states(id).includes('uncertain'), { within: 90_000 });
  expect(journal.command(id)?.state).toBe('done');
  expect(types(id)).toEqual([]);
  await again();
  await clock.advance(30_000);
  await sees(id, 'call.missed');
  expect(states(id).filter((state) => state === 'uncertain')).toHaveLength(1);
});

test('the end of a call whose record never came hangs up no other call, and nobody knows what became of it', {
  timeout: 300_000,
}, async () => {
  const { place, end, clock, journal, sees, mac } = await world('15', { forgetful: true });
  const look = () => mac.perform('act_look', { kind: 'look_at_call' });
  const first = await place(DECLINES, { kind: 'video' });
  await sees(first, 'call.ringing');
  await clock.advance(1_000);
  const isGone = () => journal.note('placedCalls')?.includes('goneAt') === true;
  await eventually(isGone, { ...WITHIN, what: 'a look that finds it gone' });
  // What a person does by hand.
  const other = await mac.perform('act_hand', { kind: 'place_call', handle: ANSWERS, medium: 'video' });
  expect(other).toEqual({ outcome: 'handed_over' });
  const ending = end(first);
  await eventually(() => journal.command(ending)?.state === 'failed', WITHIN);
  expect(journal.command(ending)).toMatchObject({ error: { code: 'call_unknown' }, actId: null });
  expect(await look()).toMatchObject({ value: { joined: true } });
  const uncertain = () =>
    journal
      .eventsAfter(0, 1_000)
      .filter(({ event }) => event.type === 'command.state' && event.commandId === first)
      .map(({ event }) => event.type === 'command.state' && event.state);
  await eventually(() => uncertain().includes('uncertain'), WITHIN);
});

test('a call that was out of sight for minutes is not taken for the one that is there', {
  timeout: 300_000,
}, async () => {
  const { place, end, journal, again, sees, stop, mac } = await world('15', { forgetful: true });
  const id = await place(LETS_IT_RING, { kind: 'video' });
  await sees(id, 'call.ringing');
  await stop();
  const calls = JSON.parse(journal.note('placedCalls') ?? '[]');
  const before = calls.map((call: { seenAt: number }) => ({ ...call, seenAt: call.seenAt - 130_000 }));
  journal.record({ at: Date.now(), notes: { placedCalls: JSON.stringify(before) } });
  await again();
  const ending = end(id);
  await eventually(() => journal.command(ending)?.state === 'failed', WITHIN);
  expect(journal.command(ending)).toMatchObject({ error: { code: 'call_unknown' }, actId: null });
  const seen = await mac.perform('act_look', { kind: 'look_at_call' });
  expect(seen).toMatchObject({ value: { joined: true } });
});

describe('on macOS 15, whose window does not say it', { timeout: 300_000 }, () => {
  test('a call is told as placed, as answered by the history alone, and never hung up on a guess', async () => {
    const { place, clock, sees, types, told } = await world('15');
    const id = await place(ANSWERS, { ringTimeoutSeconds: 5 });
    await sees(id, 'call.ringing');
    await clock.advance(1_000);
    const answered = Date.now();
    await eventually(() => Date.now() - answered > 6_000, { within: 60_000 });
    expect(types(id)).toEqual(['call.ringing']);
    await clock.advance(5_000);
    await sees(id, 'call.ended');
    expect(types(id)).toEqual(['call.ringing', 'call.answered', 'call.ended']);
    const [, answer, over] = told(id);
    expect(Date.parse(over?.at ?? '') - Date.parse(answer?.at ?? '')).toBe(5_000);
  });

  test('one that a request ends was ended by it, and one that is declined was declined', async () => {
    const { place, end, clock, sees, told, journal, types } = await world('15');
    const id = await place(ANSWERS, { kind: 'video' });
    await sees(id, 'call.ringing');
    await clock.advance(3_000);
    const ending = end(id);
    await sees(id, 'call.ended');
    expect(told(id).at(-1)).toMatchObject({ durationSeconds: 2, endReason: 'api_request' });
    await eventually(() => journal.command(ending)?.state === 'done', WITHIN);
    const other = await place(DECLINES);
    await sees(other, 'call.ringing');
    await clock.advance(1_000);
    await sees(other, 'call.declined');
    expect(types(other)).toEqual(['call.ringing', 'call.declined']);
  });

  test('the end of a call that is over touches no other call, and one that was not begun is taken back', async () => {
    const { place, end, order, outbox, clock, sees, told, journal, types } = await world('15');
    const over = await place(DECLINES);
    await sees(over, 'call.ringing');
    await clock.advance(1_000);
    await sees(over, 'call.declined');
    const present = await place(ANSWERS, { kind: 'video' });
    await sees(present, 'call.ringing');
    const late = end(over);
    await eventually(() => journal.command(late)?.state === 'done', WITHIN);
    expect(journal.command(late)?.actId).toBeNull();
    expect(types(present)).toEqual(['call.ringing']);
    const waiting = order({
      type: 'call.start',
      to: LETS_IT_RING,
      kind: 'audio',
      ringTimeoutSeconds: 45,
    });
    const taken = order({ type: 'call.end', callCommandId: waiting });
    outbox.wake();
    await eventually(() => journal.command(taken)?.state === 'done', WITHIN);
    if (journal.command(waiting)?.state === 'cancelled')
      expect(told(waiting)).toMatchObject([
        { type: 'call.ended', durationSeconds: 0, endReason: 'api_request' },
      ]);
  });
});
