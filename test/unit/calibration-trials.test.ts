import { describe, expect, test } from 'vitest';
import type { ProofRows } from '../../agent/calibration/proof-rows.ts';
import { Trials } from '../../agent/calibration/trials.ts';
import { wayOn } from '../../agent/mac/capability-table.ts';
import { actions } from '../../bridge/protocol/common.ts';
import { ManualClock } from '../support/manual-clock.ts';

const nothing = () => {
  throw new Error('nothing is tried here');
};

/** The trials of a release; none of them is run. */
const trialsOn = (macos: string) =>
  new Trials({
    care: {
      trialMac: { perform: nothing, forget: nothing },
      staging: { stage: nothing, discard: nothing } as never,
      lookUp: nothing,
      wayOf: (action) => wayOn(action, macos),
    },
    rows: {} as ProofRows,
    clock: new ManualClock(),
    to: '+14155550101',
    also: [],
  }).all();

describe.each(['12.7.6', '13.7.8', '14.8.1', '15.7.1', '26.0', '26.4', '26.5', '27.0', '28.0', 'unknown'])(
  'on macOS %s',
  (macos) => {
    test('every action of the matrix is tried, or named with the reason why not', async () => {
      const trials = trialsOn(macos);
      expect(trials.map(({ action }) => action).sort()).toEqual([...actions].sort());
      for (const { action, says, cannot, run } of trials) {
        const { method, calibration, reason } = wayOn(action, macos);
        const canBeTried = method !== 'unavailable' || calibration === 'required';
        expect([action, cannot]).toEqual([action, canBeTried ? undefined : reason]);
        if (canBeTried) expect(says).toMatch(/^[a-z]+s /);
        else expect(await run()).toEqual({ result: 'skipped', why: reason });
      }
    });

    test('what a later trial needs comes before it', () => {
      const order = trialsOn(macos).map(({ action }) => action as string);
      const pairs = [
        ['send_text', 'react'],
        ['react', 'unsend'],
        ['edit', 'unsend'],
        ['create_group', 'send_group'],
        ['call_video', 'call_audio'],
        ['call_audio', 'call_end_audio'],
      ] as const;
      for (const [first, second] of pairs) expect(order.indexOf(first)).toBeLessThan(order.indexOf(second));
    });
  },
);
