import { chmodSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ActFiles } from '../../agent/mac/act-files.ts';
import { openMessagesDatabase } from '../../agent/virtual-mac/messages-store/files.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';

const modeOf = (folder: string): string => (statSync(folder).mode & 0o777).toString(8);

test('missing folders are made for their owner alone, and those that are there stay as they are', () => {
  const there = tempFolder();
  chmodSync(there, 0o755);
  const folder = path.join(there, 'a', 'b');
  makeFolder(folder);
  makeFolder(folder);
  expect([there, path.join(there, 'a'), folder].map(modeOf)).toEqual(['755', '700', '700']);
});

test('a file in the way is an error', () => {
  const file = path.join(tempFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(file, 'below'))).toThrow(/ENOTDIR|EEXIST/);
});

test.skipIf(process.platform !== 'linux')('a folder that cannot be made is an error, at once', () => {
  const impossible = '/proc/none/deeper';
  for (const make of [
    () => makeFolder(impossible),
    () => new ActFiles(impossible),
    () => openMessagesDatabase(impossible, '26'),
  ])
    expect(make).toThrow(/ENOENT/);
});
