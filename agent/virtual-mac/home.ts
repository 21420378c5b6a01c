import { AppError } from '../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';

/** Makes the home of a virtual Mac (0700) and the folders above it. Throws AppError `home_not_writable`. */
export function makeHome(home: string): void {
  try {
    makeFolder(home);
  } catch (cause) {
    throw new AppError('the home of the virtual Mac cannot be made', {
      code: 'home_not_writable',
      retry: 'after-fix',
      hint: 'Name a folder that you may write to: --home DIR',
      cause,
    });
  }
}
