import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from './app-error.ts';

/**
 * Opens a file for reading that must be a regular one: no link, no pipe, no folder. What is read from it afterwards is
 * that file, whatever is put in its place. Throws what the system says, or AppError `not_a_file`.
 */
export async function openRegularFile(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new AppError('It is not a regular file', { code: 'not_a_file', retry: 'never' });
}
