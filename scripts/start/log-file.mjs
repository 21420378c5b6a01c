import { copyFileSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';
import { systemCode } from './start-error.mjs';

/** A log above this many bytes becomes the one older log that is kept. */
const LARGEST = 4 * 1024 * 1024;

/** @param {string} file */
function sizeOf(file) {
  try {
    return statSync(file).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Opens a log for appending, 0600, after setting a large one aside.
 * @param {string} file
 */
export function openLog(file) {
  if (sizeOf(file) > LARGEST) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/**
 * Empties a large log under the program that appends to it; what it held is kept as the older log.
 * @param {string} file
 */
export function trimLog(file) {
  if (sizeOf(file) <= LARGEST) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}
