import { expect, test } from 'vitest';
import { systemSchedule } from '../../agent/schedule.ts';
import { eventually } from '../support/eventually.ts';

test('what the calendar says is done, and no more once it was called off', async () => {
  const done = { on: 0, off: 0 };
  const cancels = [
    systemSchedule.at('* * * * * *', 'Asia/Kolkata', () => {
      done.on += 1;
    }),
    systemSchedule.at('* * * * * *', 'America/New_York', () => {
      done.off += 1;
    }),
  ];
  cancels[1]?.();
  await eventually(() => done.on >= 2, { within: 20_000, what: 'two seconds of the calendar' });
  cancels[0]?.();
  expect(done.off).toBe(0);
});
