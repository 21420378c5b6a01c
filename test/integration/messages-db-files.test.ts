import {
  appendFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { AttachmentFiles, type AttachmentRow } from '../../agent/messages-db/attachment-files.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOW = Date.UTC(2026, 0, 1);

/** A home whose Messages has a file, and one outside that nobody may read. */
function fixture() {
  const home = tempFolder();
  const folder = path.join(home, 'Library', 'Messages', 'Attachments', 'aa', '10');
  mkdirSync(folder, { recursive: true });
  const outside = path.join(home, 'Documents');
  mkdirSync(outside);
  writeFileSync(path.join(outside, 'secret.txt'), 'secret');
  const old = (file: string): void => utimesSync(file, NOW / 1000 - 60, NOW / 1000 - 60);
  const file = path.join(folder, 'a.jpg');
  writeFileSync(file, 'photo');
  for (const one of [file, path.join(outside, 'secret.txt')]) old(one);
  const files = new AttachmentFiles(home);
  const row = (filename: string | null, more: Partial<AttachmentRow> = {}): AttachmentRow => ({
    ...{ guid: 'at_0', filename, transferName: 'a.jpg', mime: 'image/jpeg', uti: null, totalBytes: 5 },
    ...{ state: 5, hidden: 0, sticker: 0, description: null },
    ...more,
  });
  const look = (filename: string | null, now = NOW) => {
    const { state, bytes, path: found } = files.look(row(filename), now);
    return { state, bytes, path: found };
  };
  return { home, folder, outside, file, look, old };
}

const IN = '~/Library/Messages/Attachments/aa/10';
const pending = { state: 'pending', bytes: 5, path: null };

describe('a file of Messages', () => {
  test('is whole where it lies, and where Messages or its attachments lie on another disk', () => {
    const { home, folder, file, look, old } = fixture();
    expect(look(`${IN}/a.jpg`)).toEqual({ state: 'complete', bytes: 5, path: file });
    expect(look(file)).toEqual({ state: 'complete', bytes: 5, path: file });
    const attachments = path.dirname(path.dirname(folder));
    const disk = path.join(home, 'disk');
    renameSync(attachments, disk);
    symlinkSync(disk, attachments);
    old(path.join(disk, 'aa', '10', 'a.jpg'));
    expect(look(`${IN}/a.jpg`)).toMatchObject({ state: 'complete' });
  });

  test('is none that a link, a folder that is a link, or a name leads out to', () => {
    const { folder, outside, look } = fixture();
    symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'link.jpg'));
    symlinkSync(outside, path.join(folder, 'out'));
    mkdirSync(path.join(folder, 'dir.jpg'));
    for (const name of [
      `${IN}/link.jpg`,
      `${IN}/out/secret.txt`,
      `${IN}/dir.jpg`,
      `${IN}/../../../../../Documents/secret.txt`,
      path.join(outside, 'secret.txt'),
      '~/Documents/secret.txt',
      '~/Library/MessagesElsewhere/a',
      `${IN}/gone.jpg`,
      `${IN}/a\0.jpg`,
      '',
      null,
    ])
      expect(look(name), String(name)).toEqual(pending);
  });

  test('that grows is whole once it stands still, an empty one too', () => {
    const { file, look } = fixture();
    const touch = (at: number): void => utimesSync(file, at / 1000, at / 1000);
    truncateSync(file);
    touch(NOW);
    expect(look(`${IN}/a.jpg`, NOW)).toEqual(pending);
    appendFileSync(file, 'ph');
    touch(NOW + 150);
    expect(look(`${IN}/a.jpg`, NOW + 150)).toEqual(pending);
    expect(look(`${IN}/a.jpg`, NOW + 200)).toEqual(pending);
    appendFileSync(file, 'oto');
    touch(NOW + 260);
    expect(look(`${IN}/a.jpg`, NOW + 260)).toEqual(pending);
    expect(look(`${IN}/a.jpg`, NOW + 360)).toMatchObject({ state: 'complete', bytes: 5 });
    truncateSync(file);
    touch(NOW + 1_000);
    expect(look(`${IN}/a.jpg`, NOW + 1_000)).toEqual(pending);
    expect(look(`${IN}/a.jpg`, NOW + 1_100)).toMatchObject({ state: 'complete', bytes: 0 });
  });
});
