import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../runtime/package-root.ts';

/** The version of the product, as package.json has it. */
export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}
