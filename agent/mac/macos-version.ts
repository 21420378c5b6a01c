import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../bridge/runtime/app-error.ts';

/** Where macOS keeps its own version, as a property list in XML. */
const SYSTEM_VERSION = 'System/Library/CoreServices/SystemVersion.plist';

/** Version of macOS, such as `26.4.1`; `unknown` where it cannot be read. `root` is `/`, or the home of a virtual Mac. */
export function readMacosVersion(root: string): string {
  try {
    const plist = readFileSync(path.join(root, SYSTEM_VERSION), 'utf8');
    return /<key>ProductVersion<\/key>\s*<string>([\d.]{1,20})<\/string>/.exec(plist)?.[1] ?? 'unknown';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'unknown';
    throw error;
  }
}
