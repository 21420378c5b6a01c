import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError, errorCode } from '../../bridge/runtime/app-error.ts';

/** Makes the home of a virtual Mac (0700) and the folders above it. Throws AppError `home_not_writable`. */
export function makeHome(home: string): void {
  try {
    makeFolder(home, path.dirname(home) !== home);
  } catch (cause) {
    throw new AppError('the home of the virtual Mac cannot be made', {
      code: 'home_not_writable',
      retry: 'after-fix',
      hint: 'Name a folder that you may write to: --home DIR',
      cause,
    });
  }
}

/** Node's own recursive way never ends where a folder of an existing folder cannot exist, as in /proc. */
function makeFolder(folder: string, makeParents: boolean): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || !makeParents) throw error;
    makeFolder(path.dirname(folder), true);
    makeFolder(folder, false);
  }
}
