import { readFileSync, statSync } from 'node:fs';
import { parseBuffer } from 'bplist-parser';
import { errorCode } from '../../bridge/runtime/app-error.ts';
import { readXmlPlist } from './xml-plist.ts';

/** What a property list of macOS holds, binary or XML; undefined where there is none of at most `maxBytes` that can be read. */
export function readPlistFile(file: string, maxBytes: number): unknown {
  try {
    if (statSync(file).size > maxBytes) return undefined;
    const bytes = readFileSync(file);
    if (bytes.subarray(0, 6).toString('latin1') !== 'bplist') return readXmlPlist(bytes.toString('utf8'));
    return parseBuffer(bytes)[0];
  } catch (error) {
    if (isAbsent(error) || isDamaged(error)) return undefined;
    throw error;
  }
}

/** Whether an error of the file system says that a file is not there for this process. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EPERM', 'EACCES', 'EISDIR'].includes(errorCode(error));

/** What the parser throws for a file that breaks off or was never a property list. */
const isDamaged = (error: unknown): boolean =>
  error instanceof Error && errorCode(error) === 'internal_error';
