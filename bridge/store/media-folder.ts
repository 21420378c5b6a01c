import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { requestErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { makeFolder } from '../runtime/make-folder.ts';
import type { MediaFiles } from './types.ts';

/** What is still being written. */
const PART = '.part';
/** A part that old belongs to a process that died. In milliseconds. */
const ABANDONED_MS = 24 * 3_600_000;
const NAME = /^[0-9a-f]{64}$/;

/**
 * Media as files of one folder (0700, each file 0600), which several bridges may share. Names are random: nothing of what
 * a person called a file reaches the file system.
 */
export async function openMediaFolder(folder: string, clock: Clock): Promise<MediaFiles> {
  makeFolder(folder);
  await removeAbandoned(folder, clock.now());
  const pathOf = (file: string): string => {
    if (!NAME.test(file)) throw new Error('a file of media has another kind of name');
    return path.join(folder, file.slice(0, 2), file);
  };
  return {
    async write(stream, expected) {
      const file = randomBytes(32).toString('hex');
      const part = path.join(folder, `${file}${PART}`);
      try {
        const written = await writePart(part, stream, expected);
        const whole = pathOf(file);
        makeFolder(path.dirname(whole));
        await rename(part, whole);
        await syncFolder(path.dirname(whole));
        return { file, ...written };
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    async read(file) {
      const handle = await open(pathOf(file), 'r');
      return handle.createReadStream();
    },
    remove: (file) => rm(pathOf(file), { force: true }),
  };
}

async function writePart(
  part: string,
  stream: AsyncIterable<Uint8Array>,
  expected: { bytes: number; sha256?: string | undefined },
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(part, 'wx', 0o600);
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      if (bytes > expected.bytes) throw damaged();
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    const sha256 = hash.digest('hex');
    const differs = expected.sha256 !== undefined && expected.sha256 !== sha256;
    if (bytes !== expected.bytes || differs) throw damaged();
    await handle.sync();
    return { bytes, sha256 };
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, done);
    done += bytesWritten;
  }
}

const damaged = (): AppError =>
  new AppError('The bytes are not those that were announced', {
    code: 'media_damaged',
    ...requestErrors.media_damaged,
  });

/** A new name is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(PART)) continue;
    const file = path.join(folder, name);
    const { mtimeMs } = await stat(file);
    if (now - mtimeMs > ABANDONED_MS) await rm(file, { force: true });
  }
}
