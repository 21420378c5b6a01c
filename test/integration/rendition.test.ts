import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { Renditions, type RenditionsOptions } from '../../agent/mac/rendition.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { isAlive } from '../support/demo.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const heic = { name: 'IMG_0001.HEIC', mime: 'image/heic', uti: 'public.heic' };
const caf = { name: 'Audio Message.caf', mime: null, uti: 'com.apple.coreaudio-format' };
const { signal } = new AbortController();

/** Renditions made by programs of the test, which get the arguments as macOS' own do. */
function world(script: string, more: Partial<RenditionsOptions> = {}) {
  const folder = tempFolder();
  const program = path.join(folder, 'a tool');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const logged: string[] = [];
  const renditions = new Renditions({
    folder: path.join(folder, 'renditions'),
    target: { kind: 'system' },
    tools: { sips: program, afconvert: program },
    clock: systemClock,
    logger: pino({ level: 'info' }, { write: (line: string) => logged.push(line) }),
    ...more,
  });
  const source = path.join(folder, '-rf.HEIC');
  writeFileSync(source, 'heic bytes');
  const left = (): string[] => readdirSync(path.join(folder, 'renditions'));
  const notes = (): string => readFileSync(path.join(folder, 'notes'), 'utf8');
  return { folder, renditions, source, logged, left, notes };
}

describe('what is offered', () => {
  test('goes by type, media type or ending, and keeps the name', () => {
    const { renditions } = world('');
    const jpeg = (name: string) => ({ name, mimeType: 'image/jpeg' });
    const none = { mime: null, uti: null };
    expect(renditions.offer(heic)).toEqual(jpeg('IMG_0001.jpg'));
    expect(renditions.offer({ ...none, name: 'a.b.heif' })).toEqual(jpeg('a.b.jpg'));
    expect(renditions.offer({ ...none, name: 'file', uti: 'public.heif' })).toEqual(jpeg('file.jpg'));
    expect(renditions.offer(caf)).toEqual({ name: 'Audio Message.m4a', mimeType: 'audio/mp4' });
    expect(renditions.offer({ ...none, name: 'a.jpg' })).toBeNull();
    expect(renditions.offer({ name: 'constructor', mime: 'valueOf', uti: '__proto__' })).toBeNull();
  });

  test('is nothing where macOS’ programs are not there, which is logged once for each', () => {
    const { renditions, logged } = world('', { tools: { sips: '/nowhere/sips', afconvert: '/nowhere/af' } });
    for (let times = 0; times < 3; times += 1)
      expect([renditions.offer(heic), renditions.offer(caf)]).toEqual([null, null]);
    expect(logged.map((line) => JSON.parse(line).tool)).toEqual(['/nowhere/sips', '/nowhere/af']);
  });
});

describe('what is made', () => {
  test('is what the program wrote, by the documented arguments and a path that is ours', async () => {
    const { renditions, source, left, folder, notes } = world(
      `echo "$@" > "$(dirname "$0")/notes"; env >> "$(dirname "$0")/notes"; for last; do :; done; cat "$4" > "$last"`,
    );
    const made = await renditions.make({ ...heic, path: source }, signal);
    expect(readFileSync(made.path, 'utf8')).toBe('heic bytes');
    expect(notes()).toMatch(/^-s format jpeg \/\S+\/in\.heic --out \/\S+\/out\.jpg\n/);
    expect(notes()).not.toMatch(/^(HOME|VITEST|npm_)/m);
    made.discard();
    expect(left()).toEqual([]);
    const sound = await renditions.make({ ...caf, path: source }, signal).catch((error: unknown) => error);
    expect(sound).toMatchObject({ code: 'rendition_failed', retry: 'never' });
    expect(notes()).toMatch(/^-f m4af -d aac \/\S+\/in\.caf \/\S+\/out\.m4a\n/);
    expect(left()).toEqual([]);
    expect(existsSync(path.join(folder, 'renditions'))).toBe(true);
  });

  test.for([
    ['the program fails', 'exit 3'],
    ['nothing is written', 'exit 0'],
    ['what is written is empty', ': > "$6"'],
    ['a link is left in its place', 'ln -s /etc/hosts "$6"'],
    ['more is written than may be', 'dd if=/dev/zero of="$6" bs=100000 count=20 2>/dev/null'],
    ['the program kills itself', 'kill -9 $$'],
  ])('is nothing when %s', async ([, script]) => {
    const { renditions, source, left } = world(script ?? '', { maxBytes: 1_000_000 });
    await expect(renditions.make({ ...heic, path: source }, signal)).rejects.toMatchObject({
      code: 'rendition_failed',
    });
    expect(left()).toEqual([]);
  });

  test('is nothing of a link or of a file that is gone, which the program never sees', async () => {
    const { renditions, source, folder } = world('touch "$(dirname "$0")/notes"');
    const link = path.join(folder, 'link.heic');
    symlinkSync(source, link);
    for (const file of [link, path.join(folder, 'gone'), folder])
      await expect(renditions.make({ ...heic, path: file }, signal)).rejects.toMatchObject({
        code: 'rendition_failed',
      });
    expect(existsSync(path.join(folder, 'notes'))).toBe(false);
  });

  test.for(['at its limit', 'when the agent stops'] as const)(
    'ends with all that the program started %s',
    async (when) => {
      const script = 'sleep 600 & echo $! > "$(dirname "$0")/notes"; wait';
      const { renditions, source, left, notes, folder } = world(script, {
        limitMs: when === 'at its limit' ? 1_500 : 600_000,
      });
      const stopping = new AbortController();
      const making = renditions.make({ ...heic, path: source }, stopping.signal).catch((error) => error);
      const child = await eventually(() => existsSync(path.join(folder, 'notes')) && Number(notes()), {
        within: 20_000,
        what: 'the child of the program',
      });
      if (when !== 'at its limit') stopping.abort();
      expect(await making).toMatchObject(
        when === 'at its limit'
          ? { code: 'rendition_failed' }
          : { code: 'media_unavailable', retry: 'later' },
      );
      await eventually(() => !isAlive(child), { within: 20_000, what: 'the end of the child' });
      expect(left()).toEqual([]);
    },
  );

  test('begins in a folder without what a killed agent left there', async () => {
    const { renditions, source, left, folder } = world('cat "$4" > "$6"');
    const made = await renditions.make({ ...heic, path: source }, signal);
    const next = new Renditions({
      folder: path.join(folder, 'renditions'),
      target: { kind: 'system' },
      tools: { sips: path.join(folder, 'a tool'), afconvert: '/nowhere' },
      clock: systemClock,
      logger: pino({ level: 'silent' }),
    });
    expect(existsSync(made.path)).toBe(true);
    const again = await next.make({ ...heic, path: source }, signal);
    expect(existsSync(made.path)).toBe(false);
    again.discard();
    expect(left()).toEqual([]);
  });

  test('stands for any other on a virtual Mac', async () => {
    const { renditions, source } = world('', {
      target: { kind: 'virtual', home: tempFolder() },
      tools: { sips: '/usr/bin/sips', afconvert: '/usr/bin/afconvert' },
    });
    const picture = await renditions.make({ ...heic, path: source }, signal);
    expect(readFileSync(picture.path).subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const sound = await renditions.make({ ...caf, path: source }, signal);
    expect(readFileSync(sound.path).toString('latin1', 4, 12)).toBe('ftypM4A ');
    picture.discard();
    sound.discard();
  });
});
