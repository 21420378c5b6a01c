import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../agent/journal/journal.ts';
import { tellCapabilities } from '../../agent/tell-capabilities.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('the matrix is told when it is another, and at each connect', () => {
  const journal = openJournal(path.join(tempFolder(), 'journal.db'));
  onTestFinished(() => journal.close());
  const parts = { journal, clock: new ManualClock(), logger: silentLogger };
  const rows = (method: 'ui' | 'unavailable') =>
    [{ action: 'react', method, macos: '12-27', reason: method, calibrated: 'never' }] as const;
  let current: ReturnType<typeof rows> | readonly [] = [];
  const tell = (again = false) =>
    tellCapabilities(
      { macos: '26.4', capabilities: { current: () => current } },
      parts,
      again ? { again } : {},
    );
  const told = () =>
    journal
      .eventsAfter(0, 100)
      .map(({ event }) => (event.type === 'line.capabilities' ? event.actions[0]?.method : event.type));
  tell(true);
  expect(told()).toEqual([]);
  current = rows('ui');
  tell();
  tell();
  expect(told()).toEqual(['ui']);
  current = rows('unavailable');
  tell();
  expect(told()).toEqual(['ui', 'unavailable']);
  tell(true);
  expect(told()).toEqual(['ui', 'unavailable', 'unavailable']);
});
