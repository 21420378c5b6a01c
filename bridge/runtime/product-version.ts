import { readFileSync } from 'node:fs';
import { packageFile } from './package-root.ts';

/** The version of the product, as package.json has it. */
export function productVersion(): string {
  const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version?: unknown };
  if (typeof manifest.version !== 'string') throw new Error('package.json of bluerelay has no version');
  return manifest.version;
}
