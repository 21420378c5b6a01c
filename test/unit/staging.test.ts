import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStaged, Staging, sendableName } from '../../agent/mac/staging.ts';
import { compiledModule } from '../support/compiled-module.ts';
import { tempFolder } from '../support/temp-folder.ts';

function place() {
  const folder = tempFolder();
  const source = path.join(folder, 'source');
  writeFileSync(source, 'bytes of a file', { mode: 0o644 });
  return { folder, source, home: path.join(folder, 'home'), staging: new Staging(path.join(folder, 'home')) };
}

describe('staging', () => {
  test('puts the same bytes, for the owner alone, where Messages may read', async () => {
    const { staging, source, home } = place();
    const file = await staging.stage('act_1', { source, name: 'photo.jpg' });
    expect(file).toBe(path.join(home, 'Library/Messages/Attachments/bluerelay/act_1/photo.jpg'));
    expect(readFileSync(file, 'utf8')).toBe('bytes of a file');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect(isStaged(file)).toBe(true);
    staging.discard('act_1');
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  test('leaves nothing of what is refused', async () => {
    const { staging, source, folder, home } = place();
    const refused = { code: 'file_not_sendable' };
    const empty = path.join(folder, 'empty');
    const large = path.join(folder, 'large');
    const link = path.join(folder, 'link');
    writeFileSync(empty, '');
    writeFileSync(large, '');
    truncateSync(large, 100 * 1024 * 1024 + 1);
    symlinkSync(source, link);
    mkdirSync(path.join(folder, 'folder'));
    for (const name of ['empty', 'large', 'link', 'folder', 'missing'])
      await expect(staging.stage('act_1', { source: path.join(folder, name), name })).rejects.toMatchObject(
        refused,
      );
    await expect(staging.stage('act_1', { source, name: 'a.caf', voiceNote: true })).rejects.toMatchObject(
      refused,
    );
    await expect(staging.stage('../act', { source, name: 'a' })).rejects.toMatchObject({
      code: 'invalid_act_id',
    });
    expect(existsSync(path.join(home, 'Library/Messages/Attachments/bluerelay/act_1'))).toBe(false);
  });

  test('takes a file of exactly 100 MB and gives a voice note its name', async () => {
    const { staging, folder } = place();
    const voice = path.join(folder, 'voice');
    writeFileSync(voice, 'caff');
    truncateSync(voice, 100 * 1024 * 1024);
    const file = await staging.stage('act_1', { source: voice, name: 'x.m4a', voiceNote: true });
    expect(path.basename(file)).toBe('Audio Message.caf');
    expect(statSync(file).size).toBe(100 * 1024 * 1024);
  });

  test('sweeps what is old and not open any more', async () => {
    const { staging, source } = place();
    expect(staging.sweep(Date.now() + 1_000, () => false)).toBe(0);
    const done = await staging.stage('act_done', { source, name: 'a' });
    const open = await staging.stage('act_open', { source, name: 'a' });
    expect(staging.sweep(Date.now() - 60_000, () => false)).toBe(0);
    expect(staging.sweep(Date.now() + 1_000, (actId) => actId === 'act_open')).toBe(1);
    expect([existsSync(done), existsSync(open)]).toEqual([false, true]);
  });
});

describe('a name', () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['.hidden', 'hidden'],
    ['..', 'file'],
    ['', 'file'],
    ['a\0b\n.vcf', 'a_b_.vcf'],
    ['Grüße 👋.pdf', 'Grüße 👋.pdf'],
    [`${'x'.repeat(400)}.vcf`, `${'x'.repeat(196)}.vcf`],
  ])('%j becomes %j', (name, expected) => {
    expect(sendableName(name)).toBe(expected);
  });

  test('is always one that a file system takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
        const given = sendableName(name);
        expect(given).not.toMatch(/^\.|[/\0]/);
        expect(given).not.toMatch(/\p{Cs}/u);
        expect(given.length === 0 || Buffer.byteLength(given) > 255).toBe(false);
        expect(Array.from(given).length).toBeLessThanOrEqual(200);
        expect(sendableName(given)).toBe(given);
      }),
    );
  });
});

test('a file for which there is no room is worth another try, and leaves nothing behind', () => {
  const { folder, home } = place();
  const source = path.join(folder, 'large');
  writeFileSync(source, Buffer.alloc(3 * 1024 * 1024, 1));
  const program = `
    import { Staging } from ${JSON.stringify(compiledModule('agent/mac/staging.js'))};
    await new Staging(${JSON.stringify(home)}).stage('act_1', { source: ${JSON.stringify(source)}, name: 'a.jpg' })
      .catch(({ code, retry }) => console.log(code, retry));`;
  // What a process may write to one file is bounded to 1 MiB: the nearest to a full disk that needs no rights.
  const limited = spawnSync(
    'bash',
    ['-c', 'ulimit -f 1024; exec "$@"', 'bash', process.execPath, '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  expect(limited).toMatchObject({ stdout: 'disk_full later\n', stderr: '', status: 0 });
  expect(existsSync(path.join(home, 'Library/Messages/Attachments/bluerelay/act_1'))).toBe(false);
});

test.each([
  '/Users/me/Pictures/a.jpg',
  'Library/Messages/Attachments/bluerelay/act/a',
  '/Users/me/Library/Messages/Attachments/bluerelay/../../chat.db',
])('%s is not staged', (file) => {
  expect(isStaged(file)).toBe(false);
});
