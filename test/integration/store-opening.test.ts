import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { openStore } from '../../bridge/store/store.ts';
import type { Store } from '../../bridge/store/types.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function open(file: string): Promise<Store> {
  const store = await openStore({ url: `sqlite:${file}`, clock: systemClock });
  onTestFinished(() => store.close());
  return store;
}

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('an SQLite store', () => {
  test('is readable by its owner alone, with the folder that it makes, whatever the umask', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const file = path.join(tempFolder(), 'made', 'bridge.db');
    await open(file);
    expect(modeOf(path.dirname(file))).toBe('700');
    for (const part of [file, `${file}-wal`, `${file}-shm`])
      expect([part, modeOf(part)]).toEqual([part, '600']);
  });

  test('leaves the rights of a folder that was there, and closes an open file to others', async () => {
    const folder = path.join(tempFolder(), 'there');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    const file = path.join(folder, 'bridge.db');
    writeFileSync(file, '', { mode: 0o644 });
    await open(file);
    expect(modeOf(folder)).toBe('755');
    expect(modeOf(file)).toBe('600');
  });

  test('keeps what was stored, in WAL mode, over closing and opening', async () => {
    const file = path.join(tempFolder(), 'bridge.db');
    const account = { id: 'acc_1', name: 'Test', createdAt: 1 };
    const first = await openStore({ url: `sqlite:${file}`, clock: systemClock });
    await first.insertAccount(account);
    await first.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(await (await open(file)).listAccounts()).toEqual([account]);
    const look = new Sqlite(file, { readonly: true });
    onTestFinished(() => void look.close());
    expect(look.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(look.pragma('foreign_key_check')).toEqual([]);
  });

  test('waits for a lock that another process holds, without stopping this one', async () => {
    const file = path.join(tempFolder(), 'bridge.db');
    const store = await open(file);
    const other = new Sqlite(file);
    onTestFinished(() => void other.close());
    other.exec('begin immediate');
    let stored = false;
    const storing = store.insertAccount({ id: 'acc_1', name: 'Test', createdAt: 1 }).then(() => {
      stored = true;
    });
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(stored).toBe(false);
    other.exec('commit');
    await storing;
    expect(await store.listAccounts()).toHaveLength(1);
  });
});

const refusedAsItWas = async (file: string): Promise<void> => {
  const before = statSync(file);
  await expect(openStore({ url: `sqlite:${file}`, clock: systemClock })).rejects.toMatchObject({
    name: 'AppError',
    code: 'store_unavailable',
  });
  const { mode, size, mtimeMs } = statSync(file);
  expect({ mode, size, mtimeMs }).toEqual({ mode: before.mode, size: before.size, mtimeMs: before.mtimeMs });
  expect(readdirSync(path.dirname(file)).filter((name) => name !== path.basename(file))).toEqual([]);
};

test.each(['#!/bin/sh\nexit 0\n', 'SQLite format 2\0 and more', 'S'])(
  'a file that is no database keeps its mode and content: %j',
  async (content) => {
    const file = path.join(tempFolder(), 'precious');
    writeFileSync(file, content);
    chmodSync(file, 0o755);
    await refusedAsItWas(file);
    expect(readFileSync(file, 'utf8')).toBe(content);
  },
);

test.skipIf(process.platform === 'win32')('a pipe is refused at once and keeps its mode', async () => {
  const file = path.join(tempFolder(), 'pipe');
  execFileSync('mkfifo', ['-m', '644', file]);
  await refusedAsItWas(file);
});

test.skipIf(process.platform !== 'linux')('a folder that cannot be made is an error, at once', async () => {
  const url = 'sqlite:/proc/none/deeper/bridge.db';
  await expect(openStore({ url, clock: systemClock })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a database that a newer release was at is refused and left as it is', async () => {
  const file = path.join(tempFolder(), 'bridge.db');
  await (await openStore({ url: `sqlite:${file}`, clock: systemClock })).close();
  const other = new Sqlite(file);
  onTestFinished(() => void other.close());
  other.prepare('insert into migration values (999, 0)').run();
  await expect(openStore({ url: `sqlite:${file}`, clock: systemClock })).rejects.toMatchObject({
    name: 'AppError',
    code: 'store_too_new',
    retry: 'after-fix',
  });
  expect(other.prepare('select max(version) as version from migration').get()).toEqual({ version: 999 });
});

test.each(['', 'sqlite:', 'bridge.db', 'mysql://localhost/x', 'https://example.com'])(
  '%j is no URL of a store',
  async (url) => {
    await expect(openStore({ url, clock: systemClock })).rejects.toMatchObject({ code: 'invalid_store_url' });
  },
);
