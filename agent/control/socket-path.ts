import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../bridge/runtime/app-error.ts';
import { makeFolder } from '../../bridge/runtime/make-folder.ts';

/** Longest path, in bytes, that every system takes for a Unix socket: macOS has room for 103, Linux for 107. */
const LONGEST = 100;

/**
 * Path of the Unix socket `name` of a folder: inside it where that is short enough, otherwise under a private folder
 * (0700) in /tmp by a hash of the wanted path. It depends on nothing but its arguments and the user, so that a server
 * and a client with different environments agree. Makes the private folder when it is needed.
 * Throws AppError `unsafe_folder` when that folder is not the user's own alone.
 */
export function socketPath(folder: string, name: string): string {
  const wanted = path.join(path.resolve(folder), name);
  if (Buffer.byteLength(wanted) <= LONGEST) return wanted;
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 32);
  return path.join(privateFolder(), `${hash}.sock`);
}

function privateFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = path.join('/tmp', `bluerelay-${uid}`);
  makeFolder(folder);
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new AppError('the folder for sockets belongs to others too', {
      code: 'unsafe_folder',
      retry: 'after-fix',
      hint: `Remove ${folder}, or make it yours alone: chmod 700 ${folder}`,
    });
  }
  return folder;
}
