import { expect, test } from 'vitest';
import { Heartbeat } from '../../bridge/hub/heartbeat.ts';
import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from '../../bridge/protocol/limits.ts';
import { JumpingClock } from '../support/jumping-clock.ts';

test.each([0, -86_400_000])('silence is noticed, though the clock is set by %i ms', async (set) => {
  const clock = new JumpingClock();
  let [pings, silences] = [0, 0];
  const onSilent = (): void => {
    silences += 1;
  };
  const ping = (): void => {
    pings += 1;
  };
  const heartbeat = new Heartbeat({ clock, ping, onSilent });
  await clock.advance(HEARTBEAT_MS);
  heartbeat.heard();
  expect(pings).toBe(1);
  clock.jump(set);
  await clock.advance(2 * SILENCE_LIMIT_MS);
  expect(silences).toBe(1);
  heartbeat.stop();
});
