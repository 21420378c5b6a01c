import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import type { FaultInput } from '../../agent/virtual-mac/faults.ts';
import type { MacosRelease } from '../../agent/virtual-mac/types.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { playedOf } from '../support/extent.ts';
import { processesOn } from '../support/processes-on.ts';

const LETS_IT_RING = '+14155550103';
/** Longer than any wait of a program; for one that hangs, longer than it takes to get there. */
const DEADLINE_MS = 60_000;
const HANG_MS = 20_000;
/** One fault in so many is played of each act, on one release, unless all are asked for. */
const SHARE = 5;
/** Releases whose prompt can be pressed. */
const releases: readonly MacosRelease[] = ['12', '13', '14', '15', '26'];

const place = { kind: 'place_call', handle: LETS_IT_RING, medium: 'video' } as const;
const end = { kind: 'end_call' } as const;
const handedOver = { outcome: 'handed_over' };

interface CallFault {
  name: string;
  fault: FaultInput;
  outcome: ActOutcome['outcome'];
  code?: string;
  effects: 0 | 1;
}

interface Calling {
  name: string;
  act: Act;
}

const callings: readonly Calling[] = [
  { name: 'placing a call', act: place },
  { name: 'ending a call', act: end },
];

const refused = (name: string, code: string, fault: FaultInput): CallFault => ({
  ...{ name, code, fault, outcome: 'not_started', effects: 0 },
});
const uncertain = (name: string, effects: 0 | 1, fault: FaultInput): CallFault => ({
  ...{ name, fault, effects, outcome: 'uncertain' },
});

const faultsOf = ({ act }: Calling): CallFault[] => [
  refused('nobody at the screen', 'no_console_session', { kind: 'no-console' }),
  refused('a locked screen', 'screen_locked', { kind: 'screen-locked' }),
  refused('Accessibility denied', 'accessibility_denied', { kind: 'no-accessibility' }),
  ...(
    [
      [-1712, 'act_timed_out'],
      [-1743, 'automation_denied'],
      [-1744, 'automation_denied'],
      [-10004, 'automation_denied'],
      [-25211, 'accessibility_denied'],
    ] as const
  ).flatMap(([number, code]) => [
    refused(`${number} at the first look`, code, { kind: 'error', at: 'look', number }),
    ...(act.kind === 'place_call'
      ? [refused(`${number} at the link`, code, { kind: 'error', at: 'open', number })]
      : []),
  ]),
  refused('a hang at a look', 'act_timed_out', { kind: 'hang', at: 'look' }),
  refused('a screen that is locked meanwhile', 'screen_locked', {
    ...{ kind: 'becomes', what: 'screen-locked', at: 'look' },
  }),
  ...(act.kind === 'place_call'
    ? [
        refused('a link that does nothing', 'ui_not_recognised', { kind: 'nothing', at: 'open' }),
        refused('a hang at the link', 'act_timed_out', { kind: 'hang', at: 'open' }),
        refused('a hang with the prompt on the screen', 'act_timed_out', { kind: 'hang', at: 'opened' }),
        refused('an error with the prompt on the screen', 'act_timed_out', {
          ...{ kind: 'error', at: 'opened', number: -1712 },
        }),
      ]
    : []),
  uncertain('no answer to the press', 0, { kind: 'error', at: 'perform', number: -1712 }),
  uncertain('a press that does nothing', 0, { kind: 'nothing', at: 'perform' }),
  uncertain('a hang at the press', 0, { kind: 'hang', at: 'perform' }),
  uncertain('an error after the press', 1, { kind: 'error', at: 'performed', number: -609 }),
  uncertain('a hang after the press', 1, { kind: 'hang', at: 'performed' }),
];

const { all, played } = playedOf(callings, { share: SHARE, releasesOf: () => releases, faultsOf });

test('a run meets both acts, every release and every kind of fault', () => {
  type Case = (typeof all)[number];
  for (const of of [
    ({ act }: Case) => act.name,
    ({ release }: Case) => release,
    ({ fault }: Case) => fault.name,
  ])
    expect(new Set(played.map(of))).toEqual(new Set(all.map(of)));
});

describe.concurrent.each(releases)('on macOS %s', (macos) => {
  let world: ActingMac;
  let hanging: ActingMac['mac'];

  beforeAll(async () => {
    world = await startActingMac(macos, DEADLINE_MS);
    hanging = world.another(HANG_MS);
  });
  afterAll(() => world?.close());

  const perform = (act: Act, mac = world.mac): Promise<ActOutcome> => mac.perform(`act_${randomUUID()}`, act);
  const isOn = async (): Promise<boolean> => {
    const sight = await perform({ kind: 'look_at_call' });
    return sight.outcome === 'handed_over' && (sight.value?.joined === true || sight.value?.ringing === true);
  };
  const recorded = (): number => {
    const db = new Database(world.callHistoryDb, { readonly: true });
    try {
      return Number(db.prepare('SELECT count(*) FROM ZCALLRECORD').pluck().get());
    } finally {
      db.close();
    }
  };
  /** How many calls were ever placed, and whether one is on the screen. */
  const calls = async () => {
    const on = await isOn();
    return { on, placed: recorded() + (on ? 1 : 0) };
  };

  /** The agent that follows one that hung. */
  const heirOf = (mac: ActingMac['mac']) => (mac === hanging ? world.another(DEADLINE_MS, hanging) : mac);
  /** No call is on the screen, or the one that is to be ended. */
  const prepare = async (placing: boolean): Promise<void> => {
    if (await isOn()) expect(await perform(end)).toEqual(handedOver);
    if (!placing) expect(await perform(place)).toEqual(handedOver);
  };

  for (const { act: calling, fault } of played.filter(({ release }) => release === macos))
    test.sequential(`${calling.name}, ${fault.name}: ${fault.outcome}, done ${fault.effects} times`, {
      timeout: 240_000,
    }, async () => {
      const placing = calling.act.kind === 'place_call';
      await prepare(placing);
      const before = await calls();
      await causeFault(world.home, fault.fault);
      const mac = fault.fault.kind === 'hang' ? hanging : world.mac;
      const outcome = await perform(calling.act, mac);
      expect(outcome).toMatchObject({ outcome: fault.outcome });
      if (fault.code) expect(outcome).toMatchObject({ error: { code: fault.code } });
      await askVirtualMac(world.home, { call: 'clear-faults' });
      await eventually(() => processesOn(world.home).length === 0, {
        ...{ within: 60_000, what: 'no process left' },
      });
      const after = await calls();
      expect(after).toEqual({
        on: placing === (fault.effects === 1),
        placed: before.placed + (placing ? fault.effects : 0),
      });
      const heir = heirOf(mac);
      if (after.on) expect(await perform(end, heir)).toEqual(handedOver);
      expect(await perform(place, heir)).toEqual(handedOver);
      expect(await perform(end, heir)).toEqual(handedOver);
      expect(await calls()).toEqual({ on: false, placed: after.placed + 1 });
    });
});
