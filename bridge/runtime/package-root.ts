import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('package.json of bluerelay not found above its own code');
    folder = parent;
  }
  return folder;
}

const root = findRoot();

/** Absolute path of a file that ships with the project as it is, such as `scripts/jxa/send-text.js`. */
export const packageFile = (...segments: string[]): string => path.join(root, ...segments);

/** Absolute path of a built program, such as `agent/mac/jxa-worker.js`: what child processes are started from. */
export const builtFile = (...segments: string[]): string => path.join(root, 'dist', ...segments);
