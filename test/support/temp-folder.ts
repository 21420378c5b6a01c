import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

/**
 * A new empty folder that goes when the running test ends. A worker that outlived its agent may write there while it
 * goes, and rmSync does not look again at what came after its look: it is asked anew.
 */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bluerelay-test-')));
  onTestFinished(async () => {
    await eventually(
      () => {
        rmSync(folder, { recursive: true, force: true });
        return true;
      },
      { what: `the end of ${folder}` },
    );
  });
  return folder;
}
