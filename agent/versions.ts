import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../bridge/runtime/package-root.ts';
import type { AgentConfig } from './config.ts';

/** Where macOS keeps its own version, as a property list in XML. */
const SYSTEM_VERSION = '/System/Library/CoreServices/SystemVersion.plist';

/** Version of this program. */
export const agentVersion = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')))
    .version;

/** Version of the Mac: that of macOS, `virtual` for a virtual Mac, `unknown` where it cannot be read. */
export function macosVersion(config: AgentConfig): string {
  if (config.virtual) return 'virtual';
  try {
    const plist = readFileSync(SYSTEM_VERSION, 'utf8');
    return /<key>ProductVersion<\/key>\s*<string>([\d.]{1,20})<\/string>/.exec(plist)?.[1] ?? 'unknown';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unknown';
    throw error;
  }
}
