import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCallsDb } from '../../agent/calls-db/calls-db.ts';
import type { CallChange } from '../../agent/calls-db/types.ts';
import { openMac } from '../../agent/mac/mac.ts';
import type { ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { causeFault, startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { createLogger } from '../../bridge/runtime/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const logger = createLogger('test', 'silent');
const ANSWERS = '+14155550101';
const DECLINES = '+14155550102';
const LETS_IT_RING = '+14155550103';

async function world(macos: MacosRelease) {
  const folder = tempFolder();
  const home = path.join(folder, 'mac');
  const clock = new ManualClock(Date.now());
  const virtualMac = await startVirtualMac({ home, macos, clock, logger });
  onTestFinished(() => virtualMac.stop());
  const mac = openMac({
    actsFolder: path.join(folder, 'acts'),
    target: { kind: 'virtual', home },
    allowSending: true,
    clock: systemClock,
    logger,
    deadlineMs: 25_000,
  });
  onTestFinished(() => mac.stop(new AbortController().signal));
  const told: CallChange[] = [];
  const stop = new AbortController();
  const callsDb = openCallsDb({
    databasePath: virtualMac.callHistoryDb,
    memory: { cursor: null, entries: new Map() },
    clock: systemClock,
    logger,
  });
  let begun = false;
  const reading = (async () => {
    for await (const batch of callsDb.changes(stop.signal)) {
      begun = true;
      told.push(...batch.changes);
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await reading;
    callsDb.close();
  });
  await eventually(() => begun);
  let acts = 0;
  const act = (what: Parameters<typeof mac.perform>[1]): Promise<ActOutcome> => {
    acts += 1;
    return mac.perform(`act_${acts}`, what);
  };
  const place = (handle: string, medium: 'audio' | 'video' = 'audio') =>
    act({ kind: 'place_call', handle, medium });
  return { home, clock, told, place, end: () => act({ kind: 'end_call' }), virtualMac };
}

const handedOver = { outcome: 'handed_over' };
const notStarted = (code: string) => ({ outcome: 'not_started', error: { code } });
/** Releases whose prompt can be pressed. */
const pressable: readonly MacosRelease[] = ['12', '13', '14', '15', '26'];

describe.each(pressable)('on macOS %s', (macos) => {
  test('people answer, decline and let it ring, and the history says so once', async () => {
    const { place, clock, told } = await world(macos);
    expect(await place(ANSWERS)).toEqual(handedOver);
    expect(told).toEqual([]);
    await clock.advance(6_000);
    await eventually(() => told.length === 1);
    expect(await place(DECLINES, 'video')).toEqual(handedOver);
    await clock.advance(1_000);
    await eventually(() => told.length === 2);
    expect(await place(LETS_IT_RING)).toEqual(handedOver);
    await clock.advance(30_000);
    await eventually(() => told.length === 3);
    expect(
      told.map(({ direction, medium, result, handles, durationSeconds }) =>
        [direction, medium, result, handles.join(), durationSeconds].join(' '),
      ),
    ).toEqual([
      `outbound audio answered ${ANSWERS} 5`,
      `outbound video declined ${DECLINES} 0`,
      `outbound audio unanswered ${LETS_IT_RING} 0`,
    ]);
  });

  test('a video call is ended, and a second end finds nothing to do', async () => {
    const { place, end, clock, told } = await world(macos);
    await place(ANSWERS, 'video');
    await clock.advance(3_000);
    expect(await place(DECLINES)).toMatchObject(notStarted('call_in_the_way'));
    expect(await end()).toEqual(handedOver);
    await eventually(() => told.length === 1);
    expect(told).toMatchObject([{ result: 'answered', durationSeconds: 2, handles: [ANSWERS] }]);
    expect(await end()).toEqual({ outcome: 'handed_over', changed: false });
  });
});

describe('a prompt that shows nothing that could be pressed', () => {
  test.each(['26', '27'] as const)('on macOS %s is told, and nobody is called', async (macos) => {
    const { place, home, clock, told } = await world(macos);
    await causeFault(home, { kind: 'no-full-keyboard-access' });
    expect(await place(ANSWERS)).toMatchObject(notStarted('call_prompt_hidden'));
    await clock.advance(60_000);
    expect(told).toEqual([]);
    expect(await place(ANSWERS)).toMatchObject(notStarted('call_in_the_way'));
  });
});

test('an audio call on macOS 26 has no button that ends it', async () => {
  const { place, end, clock, told } = await world('26');
  await place(ANSWERS);
  await clock.advance(2_000);
  expect(await end()).toMatchObject(notStarted('unsupported_on_macos'));
  await clock.advance(4_000);
  await eventually(() => told.length === 1);
});

describe('in another language', () => {
  test.each(pressable)('on macOS %s nothing is pressed on a guess', async (macos) => {
    const { place, home, clock, told } = await world(macos);
    await causeFault(home, { kind: 'other-language' });
    const refused = {
      outcome: 'not_started',
      error: { code: expect.stringMatching(/^(ui_not_recognised|call_prompt_hidden)$/) },
    };
    expect(await place(ANSWERS)).toMatchObject(refused);
    await clock.advance(60_000);
    expect(told).toEqual([]);
  });
});

test('in another language a call is ended by what no language changes', async () => {
  const { place, end, home, clock } = await world('14');
  expect(await place(ANSWERS, 'video')).toEqual(handedOver);
  await clock.advance(3_000);
  await causeFault(home, { kind: 'other-language' });
  expect(await end()).toEqual(handedOver);
});

describe('a fault', () => {
  const cases: Array<[FaultInput, object]> = [
    [{ kind: 'screen-locked' }, notStarted('screen_locked')],
    [{ kind: 'no-console' }, notStarted('no_console_session')],
    [{ kind: 'no-accessibility' }, notStarted('accessibility_denied')],
    [{ kind: 'error', at: 'open', number: -1712 }, notStarted('act_timed_out')],
    [{ kind: 'nothing', at: 'open' }, notStarted('ui_not_recognised')],
    [{ kind: 'error', at: 'look', number: -1743, skip: 4 }, notStarted('automation_denied')],
    [{ kind: 'nothing', at: 'perform' }, { outcome: 'uncertain' }],
    [{ kind: 'error', at: 'performed', number: -1712 }, { outcome: 'uncertain' }],
  ];
  test.each(cases)('%j ends as it should', async (fault, outcome) => {
    const { place, home } = await world('14');
    await causeFault(home, fault);
    expect(await place(ANSWERS)).toMatchObject(outcome);
  });

  test('before the prompt is answered leaves the next call possible', async () => {
    const { place, home, clock, told } = await world('14');
    await causeFault(home, { kind: 'nothing', at: 'open' });
    await place(ANSWERS);
    expect(await place(DECLINES)).toEqual(handedOver);
    await clock.advance(1_000);
    await eventually(() => told.length === 1);
    expect(told[0]?.handles).toEqual([DECLINES]);
  });
});

test('an odd address stays one address, and what is none is refused', async () => {
  const { place, clock, told } = await world('14');
  expect(await place('a+b?c=d&e#f@example.com')).toEqual(handedOver);
  await clock.advance(30_000);
  await eventually(() => told.length === 1);
  expect(told[0]?.handles).toEqual(['a+b?c=d&e#f@example.com']);
  expect(await place('4155550101')).toMatchObject(notStarted('invalid_recipient'));
});

test('calls of people are told when they are over', async () => {
  const { home, told } = await world('26');
  for (const end of ['answered', 'missed', 'declined'] as const)
    await askVirtualMac(home, {
      call: 'received-call',
      from: ANSWERS,
      medium: 'audio',
      end,
      durationMs: 2_000,
    });
  await eventually(() => told.length === 3);
  expect(told.map(({ direction, result, durationSeconds }) => [direction, result, durationSeconds])).toEqual([
    ['inbound', 'answered', 2],
    ['inbound', 'missed', 0],
    ['inbound', 'declined', 0],
  ]);
});
