import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { macosReleases } from '../../agent/virtual-mac/types.ts';
import { causeFault, faultsHappened } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { playedOf, whole } from '../support/extent.ts';
import { processesOn } from '../support/processes-on.ts';
import { actings, FRIEND, joined, releasesOf } from '../support/ui-actings.ts';
import { uiFaultsOf } from '../support/ui-faults.ts';

/** Longer than any wait of a program; for one that hangs, longer than it takes to get there. */
const DEADLINE_MS = 60_000;
const HANG_MS = whole ? 40_000 : 20_000;

/** One fault in so many is played of each act, on one release, unless all are asked for. */
const SHARE = 6;

const { all, played } = playedOf(actings, { share: SHARE, releasesOf, faultsOf: uiFaultsOf });

/** Looks at the screen after which something goes wrong: a few of each act, or all over its way. */
const LOOKS = whole ? Array.from({ length: 24 }, (_, index) => index * 5) : [4, 33];
/** What goes wrong there, and what an act that has not begun makes of it. */
const sudden = [
  { name: 'no answer', fault: { kind: 'error', at: 'look', number: -1712 }, code: 'act_timed_out' },
  {
    name: 'the screen locked',
    fault: { kind: 'becomes', what: 'screen-locked', at: 'look' },
    code: 'screen_locked',
  },
] as const;

test('a run meets every act, every release and every kind of fault', () => {
  type Case = (typeof all)[number];
  const met = (cases: readonly Case[], of: (one: Case) => string): string[] =>
    [...new Set(cases.map(of))].sort();
  for (const of of [
    ({ act }: Case) => act.name,
    ({ release }: Case) => release,
    ({ fault }: Case) => fault.name,
  ])
    expect(met(played, of)).toEqual(met(all, of));
});

describe.concurrent.each(macosReleases)('on macOS %s', (macos) => {
  let world: ActingMac;
  let hanging: ActingMac['mac'];
  let count = 0;

  beforeAll(async () => {
    world = await startActingMac(macos, DEADLINE_MS);
    hanging = world.another(HANG_MS);
    await world.mac.perform('act_other', { kind: 'send_text', handle: '+14155550102', text: 'elsewhere' });
    await joined(world, 'elsewhere');
  });
  afterAll(() => world?.close());

  const perform = (act: Act, mac = world.mac): Promise<ActOutcome> => mac.perform(`act_${randomUUID()}`, act);
  /** Everything as a person leaves it who looked at the conversation. */
  const clean = async (): Promise<void> => {
    await askVirtualMac(world.home, { call: 'clear-faults' });
    const url = `imessage://open?address=${encodeURIComponent(FRIEND)}&body=`;
    await askVirtualMac(world.home, { call: 'ui', request: { ask: 'open', url } });
  };

  const swept = actings.filter((acting, index) => {
    const releases = releasesOf(acting);
    return releases.includes(macos) && (whole || releases[index % releases.length] === macos);
  });
  for (const acting of swept)
    for (const { name, fault, code } of sudden)
      test.sequential(`${acting.name}, ${name} at any look: refused before it is done, never told done for nothing`, {
        timeout: 900_000,
      }, async () => {
        for (const skip of LOOKS) {
          await clean();
          count += 1;
          const { act, effects } = await acting.chance(world, String(count));
          await causeFault(world.home, { ...fault, skip });
          const outcome = await perform(act);
          const happened = await faultsHappened(world.home);
          await askVirtualMac(world.home, { call: 'clear-faults' });
          const done = await effects();
          const told = [skip, outcome.outcome, 'error' in outcome && outcome.error.code, done];
          if (outcome.outcome === 'not_started') expect(told).toEqual([skip, 'not_started', code, 0]);
          else expect(told.at(-1)).toBe(1);
          if (!happened && fault.kind === 'error') break;
        }
      });

  const macFor = (faults: readonly { kind: string }[]) =>
    faults.some(({ kind }) => kind === 'hang') ? hanging : world.mac;
  /** The agent that follows one that hung. */
  const heirOf = (mac: ActingMac['mac']) => (mac === hanging ? world.another(DEADLINE_MS, hanging) : mac);

  for (const { act: acting, fault } of played.filter(({ release }) => release === macos))
    test.sequential(`${acting.name}, ${fault.name}: ${fault.outcome}, done ${fault.effects} times`, {
      timeout: 240_000,
    }, async () => {
      await clean();
      const chance = () => {
        count += 1;
        return acting.chance(world, String(count));
      };
      const { act, effects } = await chance();
      for (const one of fault.faults) await causeFault(world.home, one);
      const mac = macFor(fault.faults);
      const outcome = await perform(act, mac);
      expect(outcome).toMatchObject({ outcome: fault.outcome });
      if ('error' in outcome && fault.codes) expect(fault.codes).toContain(outcome.error.code);
      expect(await effects()).toBe(fault.effects);
      await askVirtualMac(world.home, { call: 'clear-faults' });
      await eventually(() => processesOn(world.home).length === 0, {
        within: 60_000,
        what: 'no process left',
      });
      if (!fault.messy && !whole) return;
      const next = await chance();
      expect(await perform(next.act, heirOf(mac))).toEqual({ outcome: 'handed_over' });
      expect(await next.effects()).toBe(1);
      if (!acting.shared) expect(await effects()).toBe(fault.effects);
    });
});
