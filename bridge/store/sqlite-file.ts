import { closeSync, constants, fchmodSync, fstatSync, openSync, readSync } from 'node:fs';
import { operatorErrors } from '../protocol/errors.ts';
import { AppError, errorCode } from '../runtime/app-error.ts';

/** First bytes of every SQLite database that is not empty, by its file format. */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * Makes the file of a database, or takes one that is there: from then on it is open to its owner alone, and so are the
 * -wal and -shm that SQLite makes like it. A file that is no database stays as it is: throws `store_unavailable`.
 */
export function claimFile(file: string): void {
  const made = openNew(file);
  // Without O_NONBLOCK the opening of a pipe would wait for its other end.
  const fd = made ?? openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    if (made === undefined && !isDatabase(fd)) {
      throw new AppError('The file of the store is not an SQLite database', {
        code: 'store_unavailable',
        ...operatorErrors.store_unavailable,
      });
    }
    fchmodSync(fd, 0o600);
  } finally {
    closeSync(fd);
  }
}

/** The new file, opened; undefined when there is one. */
function openNew(file: string): number | undefined {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** SQLite takes an empty file for an empty database, and so does this. */
function isDatabase(fd: number): boolean {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return false;
  const head = Buffer.alloc(MAGIC.length);
  return stat.size === 0 || (readSync(fd, head, 0, head.length, 0) === head.length && head.equals(MAGIC));
}
