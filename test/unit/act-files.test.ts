import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ActFiles, UNREADABLE } from '../../agent/mac/act-files.ts';
import { tempFolder } from '../support/temp-folder.ts';

const begun = (by: 'worker' | 'agent') => ({ by, pid: 4711, startedAt: 1_000, deadlineAt: 2_000 }) as const;

test('an act is taken once, whole, and for its user alone', () => {
  const folder = path.join(tempFolder(), 'acts');
  const files = new ActFiles(folder);
  expect(files.begun('act_1')).toBeUndefined();
  expect(files.begin('act_1', begun('worker'))).toBe(true);
  expect(new ActFiles(folder).begin('act_1', begun('agent'))).toBe(false);
  expect(files.begun('act_1')).toEqual(begun('worker'));
  files.finish('act_1', { outcome: 'handed_over' });
  expect(files.outcome('act_1')).toEqual({ outcome: 'handed_over' });
  expect(readdirSync(folder).sort()).toEqual(['act_1.result', 'act_1.started']);
  for (const name of ['.', 'act_1.result', 'act_1.started'])
    expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0);
  files.remove('act_1');
  expect(readdirSync(folder)).toEqual([]);
});

test('a damaged file is told apart from a missing one', () => {
  const folder = tempFolder();
  const files = new ActFiles(folder);
  writeFileSync(path.join(folder, 'act_1.started'), '');
  writeFileSync(path.join(folder, 'act_1.result'), '{"outcome":"sent"}');
  expect(files.begun('act_1')).toBe(UNREADABLE);
  expect(files.outcome('act_1')).toBe(UNREADABLE);
  expect(files.begin('act_1', begun('agent'))).toBe(false);
});

test('a sweep takes old bars and halves, and nothing that an agent still asks for', () => {
  const folder = tempFolder();
  const files = new ActFiles(folder);
  files.begin('act_barred', begun('agent'));
  files.begin('act_worker', begun('worker'));
  files.finish('act_worker', { outcome: 'handed_over' });
  writeFileSync(path.join(folder, 'act_half.4711.tmp'), '{');
  const all = readdirSync(folder);
  files.sweep(Date.now() - 60_000);
  expect(readdirSync(folder)).toEqual(all);
  files.sweep(Date.now() + 60_000);
  expect(readdirSync(folder).sort()).toEqual(['act_worker.result', 'act_worker.started']);
});

test.each(['../act', 'a/b', '', 'a.b', 'x'.repeat(81)])('%j is no act id', (actId) => {
  const files = new ActFiles(tempFolder());
  expect(() => files.begin(actId, begun('worker'))).toThrow(
    expect.objectContaining({ code: 'invalid_act_id' }),
  );
});
