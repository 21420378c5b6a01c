import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Act, ActOutcome } from '../../agent/mac/types.ts';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { type MacosRelease, macosReleases } from '../../agent/virtual-mac/types.ts';
import { causeFault } from '../../agent/virtual-mac/virtual-mac.ts';
import { type ActingMac, startActingMac } from '../support/acting-mac.ts';
import { eventually } from '../support/eventually.ts';
import { whole } from '../support/extent.ts';
import { type Acting, actings, FRIEND, joined, releasesOf } from '../support/ui-actings.ts';
import { type UiFault, uiFaultsOf } from '../support/ui-faults.ts';

/** Longer than any wait of a program; for one that hangs, longer than it takes to get there. */
const DEADLINE_MS = 25_000;
const HANG_MS = 10_000;

/** One fault in so many is played of each act, on one release, unless all are asked for. */
const SHARE = 6;

interface Played {
  acting: Acting;
  macos: MacosRelease;
  fault: UiFault;
  chosen: boolean;
}

/**
 * Every fault of every act on every release. The share of each act begins elsewhere and goes on through the releases,
 * so that a run meets every act, every release and every kind of fault.
 */
const matrix: readonly Played[] = actings.flatMap((acting, actIndex) =>
  releasesOf(acting).flatMap((macos, releaseIndex, releases) =>
    uiFaultsOf(acting, macos).map((fault, index): Played => {
      const turn = Math.floor((index + actIndex) / SHARE) + actIndex;
      const chosen = (index + actIndex) % SHARE === 0 && turn % releases.length === releaseIndex;
      return { acting, macos, fault, chosen };
    }),
  ),
);

const share = matrix.filter(({ chosen }) => chosen);
/** What only some acts can meet, and none in its share. */
const rare = matrix.filter(
  ({ fault }, index) =>
    !share.some((one) => one.fault.name === fault.name) &&
    matrix.findIndex((one) => one.fault.name === fault.name) === index,
);
const played = whole ? matrix : [...share, ...rare];

test('a run meets every act, every release and every kind of fault', () => {
  const met = (of: (one: Played) => string, all: readonly Played[]): string[] =>
    [...new Set(all.map(of))].sort();
  for (const of of [
    ({ acting }: Played) => acting.name,
    ({ macos }: Played) => macos,
    ({ fault }: Played) => fault.name,
  ])
    expect(met(of, played)).toEqual(met(of, matrix));
});

/** Command lines of processes that work on a virtual Mac. */
const processesOn = (home: string): string[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home));

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

  for (const { acting, fault } of played.filter((one) => one.macos === macos))
    test.sequential(`${acting.name}, ${fault.name}: ${fault.outcome}, done ${fault.effects} times`, async () => {
      await clean();
      const chance = () => {
        count += 1;
        return acting.chance(world, String(count));
      };
      const { act, effects } = await chance();
      for (const one of fault.faults) await causeFault(world.home, one);
      const mac = fault.faults.some(({ kind }) => kind === 'hang') ? hanging : world.mac;
      const outcome = await perform(act, mac);
      expect(outcome).toMatchObject({ outcome: fault.outcome });
      if ('error' in outcome && fault.codes) expect(fault.codes).toContain(outcome.error.code);
      expect(await effects()).toBe(fault.effects);
      await askVirtualMac(world.home, { call: 'clear-faults' });
      await eventually(() => processesOn(world.home).length === 0, { what: 'no process left' });
      if (!fault.messy && !whole) return;
      const next = await chance();
      expect(await perform(next.act, mac)).toEqual({ outcome: 'handed_over' });
      expect(await next.effects()).toBe(1);
      if (!acting.shared) expect(await effects()).toBe(fault.effects);
    });
});
